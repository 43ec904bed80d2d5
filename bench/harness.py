"""What the benchmarks share: clusters of real processes, the client that writes to them, and the table of results.

Both systems get the same YAML but for the section of the store, the same PostgreSQL, and the same client. Everything
lives in one temporary folder and ends with the run, however it ends.
"""

import atexit
import base64
import contextlib
import ctypes
import http.client
import json
import os
import pathlib
import pwd
import random
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
IMAGE = ROOT / "app/target/matriarch"
# Debian's packages are made for Debian's interpreter, whatever comes first in PATH.
PYTHON = "/usr/bin/python3"
AS_ROOT = os.getuid() == 0
USER = "postgres" if AS_ROOT else pwd.getpwuid(os.getuid()).pw_name
AS_USER = ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--init-groups", "--"] if AS_ROOT else []
PASSWORD = "superuser-password"
API_USER, API_PASSWORD = "operator", "api-password"
# So that a moment of the round does not always meet the same moment of a lease.
RANDOM = random.Random(1)


now = time.monotonic_ns


def say(text):
    print(time.strftime("%H:%M:%S"), text, file=sys.stderr, flush=True)


class Failure(Exception):
    """What was to be measured did not happen."""


def run(command, **options):
    """The output of a command that must succeed."""
    result = subprocess.run(
        [str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)
    if result.returncode:
        raise Failure(f"{' '.join(map(str, command))}: exit status {result.returncode}\n{result.stdout}")
    return result.stdout


def setup(call):
    """A function of bin/lib/setup.sh; what it says is progress."""
    result = subprocess.run(
        ["bash", "-c", f'set -eu; root=$PWD; . bin/lib/setup.sh; {call}'], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    if result.returncode:
        sys.exit(result.returncode)
    return result.stdout.strip()


def await_true(what, check, limit=120.0, every=0.05):
    deadline = time.monotonic() + limit
    while not check():
        if time.monotonic() > deadline:
            raise Failure(f"not within {limit:.0f} s: {what}")
        time.sleep(every)


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


# ---- where members live ----


class Loopback:
    """All members on 127.0.0.1, told apart by their ports."""

    def __init__(self, members):
        ports = free_ports(5 * members)
        self.members = [ports[5 * i:5 * i + 5] for i in range(members)]

    def address(self, _):
        return "127.0.0.1"

    def ports(self, i):
        return self.members[i]

    def command(self, _):
        return []

    def close(self):
        pass


def enter_network(namespace):
    """This thread, and what it starts, sees another network. Python 3.11 has no call of its own for it."""
    if ctypes.CDLL(None, use_errno=True).setns(namespace.fileno(), 0):
        raise OSError(ctypes.get_errno(), f"cannot enter the network {namespace.name}")


class Hosts:
    """A network namespace a member and one for this process, so that a member can be cut off. Needs root."""

    def __init__(self, members):
        self.lab = f"bench{os.getpid() % 100000}"
        self.net = f"10.213.{random.randint(1, 254)}"
        self.before = open("/proc/thread-self/ns/net")
        _open.append(self)
        self.testhosts("create", members + 1)
        with open(f"/run/netns/{self.lab}-{members + 1}") as client:
            enter_network(client)

    def testhosts(self, *arguments):
        run([ROOT / "bin/lib/testhosts", *arguments], env={**os.environ, "LAB": self.lab, "LAB_NET": self.net})

    def isolate(self, i):
        """The member reaches nobody, as if its switch port were dead. Returns when that began."""
        began = now()
        self.testhosts("isolate", i + 1)
        return began

    def address(self, i):
        return f"{self.net}.{i + 1}"

    def ports(self, _):
        return [5432, 8008, 5010, 2379, 2380]

    def command(self, i):
        return ["ip", "netns", "exec", f"{self.lab}-{i + 1}"]

    def close(self):
        if self in _open:
            _open.remove(self)
            enter_network(self.before)
            self.testhosts("destroy")


# ---- members ----

YAML = """\
scope: bench
namespace: /db/
name: {name}

restapi:
  listen: "{address}:{rest}"
  connect_address: "{address}:{rest}"
  authentication:
    username: {api_user}
    password: {api_password}

{store}
bootstrap:
  dcs:
    ttl: {ttl}
    loop_wait: {loop_wait}
    retry_timeout: {retry_timeout}
    maximum_lag_on_failover: 1048576
{dcs}    postgresql:
      use_pg_rewind: true
      use_slots: true
  initdb:
  - encoding: UTF8
  - data-checksums
  - auth-local: scram-sha-256
  - auth-host: scram-sha-256
  pg_hba:
  - local all all scram-sha-256
  - host replication replicator 0.0.0.0/0 scram-sha-256
  - host all all 0.0.0.0/0 scram-sha-256

postgresql:
  listen: "{address}:{postgres}"
  connect_address: "{address}:{postgres}"
  data_dir: {home}/data
  bin_dir: {bin_dir}
  pgpass: {home}/pgpass
  authentication:
    superuser:
      username: {user}
      password: {password}
    replication:
      username: replicator
      password: replication-password
    rewind:
      username: rewind_user
      password: rewind-password
  parameters:
    unix_socket_directories: '{home}'
    shared_buffers: 32MB

watchdog:
  mode: 'off'
{extra}"""


class Member:
    def __init__(self, cluster, index):
        self.cluster, self.index, self.name = cluster, index, f"srv{index + 1}"
        self.home = cluster.folder / self.name
        self.home.mkdir()
        if AS_ROOT:
            shutil.chown(self.home, USER, USER)
        self.config, self.log, self.data = self.home / "member.yml", self.home / "agent.log", self.home / "data"
        self.address = cluster.network.address(index)
        self.postgres, self.rest, self.raft, self.etcd, self.etcd_peer = cluster.network.ports(index)
        self.processes = {}

    def spawn(self, role, command):
        with open(self.log if role == "agent" else self.home / f"{role}.log", "ab") as log:
            self.processes[role] = subprocess.Popen(
                [*self.cluster.network.command(self.index), *AS_USER, *map(str, command)],
                cwd=self.home, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                env={"HOME": str(self.home), "PATH": os.environ["PATH"] + ":/usr/sbin:/sbin", "LC_ALL": "C.UTF-8"})

    def pids(self):
        """Every process that works in the member's folder: servers' backends too, whatever their parent is by now."""
        found = []
        for entry in os.listdir("/proc"):
            if entry.isdigit():
                with contextlib.suppress(OSError):
                    if pathlib.Path(os.readlink(f"/proc/{entry}/cwd")).is_relative_to(self.home):
                        found.append(int(entry))
        return found

    def postmaster(self):
        try:
            return int((self.data / "postmaster.pid").read_text().split()[0])
        except (OSError, IndexError, ValueError):
            return None

    def kill(self):
        """Every process of the member ends at once, as when its host loses its power. Returns when that began."""
        pids = [*(process.pid for process in self.processes.values()), *self.pids()]
        began = now()
        while pids:
            for pid in pids:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            for process in self.processes.values():
                process.wait()
            self.processes.clear()
            pids = self.pids()
        return began

    def request(self, method, path, body=None, timeout=60):
        """Status and body; status 0 is no answer."""
        authorization = base64.b64encode(f"{API_USER}:{API_PASSWORD}".encode()).decode()
        connection = http.client.HTTPConnection(self.address, self.rest, timeout=timeout)
        try:
            connection.request(
                method, path, body=None if body is None else json.dumps(body),
                headers={"Authorization": f"Basic {authorization}", "Content-Type": "application/json"})
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        except (OSError, http.client.HTTPException):
            return 0, ""
        finally:
            connection.close()

    def conninfo(self):
        return (f"host={self.address} port={self.postgres} dbname=postgres user={USER} password={PASSWORD}"
                " connect_timeout=2 tcp_user_timeout=2000")

    def query(self, sql):
        return run([self.cluster.bin_dir / "psql", "-XAtqc", sql, self.conninfo()])


class Cluster:
    """Three members of one system. Settings are keys of bootstrap.dcs, ttl, loop_wait and retry_timeout among them."""

    system = None

    def __init__(self, network=None, extra="", **settings):
        self.folder = pathlib.Path(tempfile.mkdtemp(dir=temporary(), prefix=f"{self.system.lower()}-"))
        self.folder.chmod(0o755)
        self.network = network or Loopback(3)
        self.bin_dir = pathlib.Path(setup("find_postgres"))
        self.settings = settings
        self.members = [Member(self, i) for i in range(3)]
        for member in self.members:
            member.config.write_text(self.yaml(member, extra))
            if AS_ROOT:
                shutil.chown(member.config, USER, USER)
            member.config.chmod(0o600)
        _open.append(self)

    def yaml(self, member, extra):
        timing = {key: self.settings[key] for key in ("ttl", "loop_wait", "retry_timeout")}
        others = {key: value for key, value in self.settings.items() if key not in timing}
        return YAML.format(
            name=member.name, address=member.address, rest=member.rest, postgres=member.postgres, home=member.home,
            bin_dir=self.bin_dir, user=USER, password=PASSWORD, api_user=API_USER, api_password=API_PASSWORD,
            store=self.store(member), extra=extra,
            dcs="".join(f"    {key}: {value}\n" for key, value in others.items()), **timing)

    def describe(self):
        return ", ".join(f"{key} {value}" for key, value in self.settings.items())

    def start(self):
        say(f"{self.system}: starting three members ({self.describe()})")
        for member in self.members:
            self.start_member(member)
        self.await_healthy()
        return self

    def healthy(self):
        primary = self.find_primary()
        if primary is None:
            return False
        status, body = primary.request("GET", "/patroni", timeout=5)
        if status != 200:
            return False
        streaming = {one.get("application_name") for one in json.loads(body).get("replication", [])
                     if one.get("state") == "streaming"}
        others = [member for member in self.members if member is not primary]
        return all(member.name in streaming for member in others) and all(
            member.request("GET", "/replica", timeout=5)[0] == 200 for member in others)

    def find_primary(self):
        found = [member for member in self.members if member.request("GET", "/primary", timeout=2)[0] == 200]
        return found[0] if len(found) == 1 else None

    def primary(self):
        primary = self.find_primary()
        if primary is None:
            raise Failure(f"{self.system}: not one primary")
        return primary

    def await_healthy(self):
        """One leader, both others stream from it; then a moment in which whatever follows from that can end."""
        await_true(f"{self.system}: a leader and two streaming replicas", self.healthy, limit=240, every=0.25)
        time.sleep(settle + RANDOM.random() * 2)

    def switchover(self, leader, candidate):
        return leader.request("POST", "/switchover", {"leader": leader.name, "candidate": candidate.name})

    def close(self):
        if self in _open:
            _open.remove(self)
            for member in self.members:
                with contextlib.suppress(OSError):
                    member.kill()
            self.network.close()
            if not keep:
                shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Matriarch(Cluster):
    system = "Matriarch"

    def store(self, member):
        partners = ", ".join(
            f'"{self.network.address(i)}:{self.network.ports(i)[2]}"' for i in range(3) if i != member.index)
        return (f'raft:\n  data_dir: {member.home}/raft\n  self_addr: "{member.address}:{member.raft}"\n'
                f"  partner_addrs: [{partners}]\n  password: raft-password\n")

    def start_member(self, member):
        member.spawn("agent", [image() / "bin/matriarch", member.config])

    def ctl(self, *arguments):
        return [*AS_USER, str(image() / "bin/matriarchctl"), "-c", str(self.members[0].config), *arguments]


class Patroni(Cluster):
    """Debian's package and its etcd, a member of that beside each of the three."""

    system = "Patroni"

    def store(self, _):
        hosts = ",".join(f"{self.network.address(i)}:{self.network.ports(i)[3]}" for i in range(3))
        return f"etcd3:\n  hosts: {hosts}\n"

    def start_member(self, member):
        peers = ",".join(
            f"{one.name}=http://{one.address}:{one.etcd_peer}" for one in self.members)
        client, peer = f"http://{member.address}:{member.etcd}", f"http://{member.address}:{member.etcd_peer}"
        member.spawn("etcd", [
            "etcd", "--name", member.name, "--data-dir", member.home / "etcd", "--listen-client-urls", client,
            "--advertise-client-urls", client, "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer,
            "--initial-cluster", peers, "--logger", "zap"])
        member.spawn("agent", ["patroni", member.config])

    def ctl(self, *arguments):
        return [*AS_USER, "patronictl", "-c", str(self.members[0].config), *arguments]


def clusters(options, **settings):
    """One of each system, the timing short: the peer takes nothing below a ttl of 20 s."""
    yield Matriarch(ttl=5, loop_wait=1, retry_timeout=2, **settings)
    if options.peer:
        yield Patroni(ttl=20, loop_wait=1, retry_timeout=3, **settings)


# ---- the client ----


class Client:
    """bench/probe.py in a process of its own: what each member acknowledged, by CLOCK_MONOTONIC."""

    def __init__(self, cluster):
        self.cluster = cluster
        cluster.primary().query("DROP TABLE IF EXISTS bench_rows; CREATE TABLE bench_rows (id bigint PRIMARY KEY)")
        self.acknowledged = []
        self.process = subprocess.Popen(
            [PYTHON, str(ROOT / "bench/probe.py"), *(m.conninfo() for m in cluster.members)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()
        await_true("the client writes", lambda: len(self.acknowledged) > 50)

    def read(self):
        for line in self.process.stdout:
            self.acknowledged.append(tuple(map(int, line.split())))

    def first_after(self, moment, accept=lambda index: True, limit=120.0):
        """When the first write that was sent after `moment` was acknowledged, and the index of the member.

        A connection that is older does not count: after a crash of the postmaster it may go on for a while.
        """
        found = []

        def look():
            for index, _, connected, sent, acknowledged in self.acknowledged[look.at:]:
                look.at += 1
                if sent > moment and accept(index, connected):
                    found.append((acknowledged, index))
                    return True
            return False
        look.at = 0
        await_true("a write is acknowledged again", look, limit=limit, every=0.02)
        return found[0]

    def gap(self, since, until):
        """The longest time without an acknowledged write, in seconds."""
        times = sorted(one[4] for one in list(self.acknowledged))
        return max((after - before for before, after in zip(times, times[1:]) if after > since and before < until),
                   default=0) / 1e9

    def close(self):
        """Ends the client. Returns how many acknowledged rows the primary does not have."""
        self.process.stdin.close()
        self.process.wait()
        self.reader.join()
        await_true("a primary", lambda: self.cluster.find_primary() is not None)
        there = set(map(int, self.cluster.primary().query("SELECT id FROM bench_rows").split()))
        return len({one[1] for one in self.acknowledged} - there)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()


# ---- results ----


class Row:
    """Values of one measurement in one unit; `note` has what a median does not tell."""

    def __init__(self, what, cluster, unit, values, note, load):
        self.what, self.unit, self.values, self.note, self.load = what, unit, list(values), note, load
        self.system, self.settings = (cluster.system, cluster.describe()) if cluster else ("Matriarch", "")

    def cells(self):
        def number(value):
            return f"{value:.0f}" if value >= 100 else f"{value:.2f}" if value < 10 else f"{value:.1f}"
        figures = [number(of(self.values)) for of in (statistics.median, min, max)]
        return [self.what, self.system, self.settings, self.unit, str(len(self.values)), *figures, self.note,
                self.load.text()]


HEADINGS = ["what", "system", "settings", "unit", "N", "median", "min", "max", "note", "load"]


def table(rows):
    lines = [HEADINGS, ["---"] * len(HEADINGS), *(row.cells() for row in rows)]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


class Load:
    """The machine's load while something is measured: the one-minute average, and how busy its cores were."""

    def __enter__(self):
        self.averages, self.before, self.over = [os.getloadavg()[0]], self.cpu(), threading.Event()
        threading.Thread(target=self.watch, daemon=True).start()
        return self

    def watch(self):
        while not self.over.wait(5):
            self.averages.append(os.getloadavg()[0])

    @staticmethod
    def cpu():
        fields = list(map(int, open("/proc/stat").readline().split()[1:9]))
        return sum(fields), fields[3] + fields[4]

    def __exit__(self, *_):
        self.over.set()
        self.averages.append(os.getloadavg()[0])
        self.after = self.cpu()

    def text(self):
        total, idle = (after - before for before, after in zip(self.before, self.after))
        return f"{min(self.averages):.1f}-{max(self.averages):.1f}, {100 - 100 * idle / max(total, 1):.0f} % busy"


def versions(peer):
    cpu = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "?")
    memory = int(open("/proc/meminfo").readline().split()[1]) // 1024 // 1024
    system = next(line.split("=")[1].strip().strip('"') for line in open("/etc/os-release")
                  if line.startswith("PRETTY_NAME="))
    postgres = run([pathlib.Path(setup("find_postgres")) / "postgres", "--version"]).strip()
    commit = run(["git", "-C", ROOT, "-c", f"safe.directory={ROOT}", "describe", "--always", "--dirty"]).strip()
    lines = [
        f"{time.strftime('%F %T')}, {system}, kernel {os.uname().release}, {os.cpu_count()} cores ({cpu}), {memory} GB",
        f"{postgres}; Matriarch {commit}, " + run([image() / "bin/matriarch", "--version"]).strip()]
    if peer:
        package = ["dpkg-query", "-W", "-f", "${Package} ${Version}, "]
        lines.append(run([*package, "patroni", "etcd-server", "python3-etcd", "python3-psycopg2"]).strip(", ")
                     + f", {run([PYTHON, '--version']).strip()}")
    return lines


# ---- what is open ends with the run ----

_open = []
_temporary = None
_image = None
keep = False
settle = 3


def temporary():
    """Where everything of this run lives. The path of a socket has at most 107 bytes."""
    global _temporary
    if _temporary is None:
        _temporary = pathlib.Path(tempfile.mkdtemp(prefix="bench-"))
        _temporary.chmod(0o755)
    return _temporary


def image():
    """The built image, or a copy where the members' user cannot read the checkout."""
    global _image
    if _image is None:
        readable = subprocess.run([*AS_USER, "test", "-x", str(IMAGE / "bin/matriarch")]).returncode == 0
        _image = IMAGE if readable else temporary() / "image"
        if not readable:
            shutil.copytree(IMAGE, _image, symlinks=True)
    return _image


def close_all():
    for one in reversed(list(_open)):
        try:
            one.close()
        except Exception as e:  # the others must be ended all the same
            say(f"could not end {one}: {e}")


def end():
    close_all()
    if _temporary is not None and keep:
        say(f"configuration and logs are in {_temporary}")
    elif _temporary is not None:
        shutil.rmtree(_temporary, ignore_errors=True)


def end_with_the_run():
    atexit.register(end)
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(130))

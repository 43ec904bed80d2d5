"""memory: resident memory of each member's agent after 60 idle seconds"""

import re
import time

import harness
from harness import Load, Row, say

SECONDS = 60


def kilobytes(pid, file, key):
    return int(re.search(rf"^{key}:\s+(\d+) kB", open(f"/proc/{pid}/{file}").read(), re.M)[1])


def measure(cluster):
    with cluster.start():
        say(f"{cluster.system}: idle for {SECONDS} s")
        with Load() as load:
            time.sleep(SECONDS)
        for role in ("agent", "etcd"):
            pids = [member.processes[role].pid for member in cluster.members if role in member.processes]
            for key, file, name in (("VmRSS", "status", "RSS"), ("Pss", "smaps_rollup", "PSS")):
                values = [kilobytes(pid, file, key) / 1024 for pid in pids]
                if values:
                    yield Row(f"memory of an idle {role}, {name}", cluster, "MB", values, "a value a member", load)


def benchmark(options):
    for cluster in harness.clusters(options):
        yield from measure(cluster)

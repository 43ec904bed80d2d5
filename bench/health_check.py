"""health_check: answers to GET /primary a second, and their latency (wrk, 16 connections, kept alive where possible)"""

import os
import re

import harness
from harness import Load, Row, run

CONNECTIONS, SECONDS = 16, 10


def cpu_seconds(pid):
    fields = open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def milliseconds(text):
    value, unit = re.fullmatch(r"([\d.]+)(us|ms|s)", text).groups()
    return float(value) * {"us": 0.001, "ms": 1, "s": 1000}[unit]


def measure(cluster, n):
    rates, tails, cores, failures = [], [], [], 0
    with cluster.start():
        primary = cluster.primary()
        command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "--latency", "--timeout", "5s",
                   f"http://{primary.address}:{primary.rest}/primary"]
        run(command)
        with Load() as load:
            for _ in range(n):
                pid = primary.processes["agent"].pid
                before = cpu_seconds(pid)
                text = run(command)
                cores.append((cpu_seconds(pid) - before) / SECONDS)
                rates.append(float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1]))
                tails.append(milliseconds(re.search(r"99%\s+(\S+)", text)[1]))
                failures += sum(map(int, re.findall(r"Non-2xx or 3xx responses: (\d+)", text)))
                failures += sum(map(int, re.findall(r"timeout (\d+)", text)))
    note = f"{SECONDS} s each after one to warm up, {CONNECTIONS} connections, {failures} failed"
    yield Row("GET /primary", cluster, "answers/s", rates, note, load)
    yield Row("GET /primary, 99th percentile", cluster, "ms", tails, "", load)
    yield Row("GET /primary, the agent's CPU", cluster, "cores", cores, "", load)


def benchmark(options):
    for cluster in harness.clusters(options):
        yield from measure(cluster, options.times(5))

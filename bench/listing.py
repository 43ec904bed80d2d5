"""listing: wall time of `matriarchctl list` and `patronictl list`"""

import time

import harness
from harness import Load, Row, run


def measure(cluster, n):
    with cluster.start():
        command = cluster.ctl("list")
        run(command)
        with Load() as load:
            times = []
            for _ in range(n):
                began = time.monotonic()
                run(command)
                times.append(1000 * (time.monotonic() - began))
    yield Row("list", cluster, "ms", times, "three members on an idle cluster", load)


def benchmark(options):
    for cluster in harness.clusters(options):
        yield from measure(cluster, options.times(30))

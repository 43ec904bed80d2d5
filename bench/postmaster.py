"""postmaster: kill -9 of the primary's postmaster, until a write is acknowledged again"""

import os
import signal

import harness
from harness import Client, Load, Row, say


def measure(cluster, what, n):
    waits, failovers = [], 0
    with cluster.start(), Client(cluster) as client, Load() as load:
        for _ in range(n):
            old = cluster.primary()
            killed = harness.now()
            os.kill(old.postmaster(), signal.SIGKILL)
            # A backend outlives its postmaster for a while: only a connection made since counts on the same member.
            acknowledged, index = client.first_after(
                killed, lambda index, connected: index != old.index or connected > killed)
            waits.append((acknowledged - killed) / 1e9)
            failovers += index != old.index
            say(f"{cluster.system}: postmaster of {old.name} killed, {cluster.members[index].name} written to after"
                f" {waits[-1]:.2f} s")
            cluster.await_healthy()
        lost = client.close()
    yield Row(f"postmaster killed, {what}, to the first write", cluster, "s", waits,
              f"{failovers} of {n} by failover, {lost} of {len(client.acknowledged)} acknowledged rows lost", load)


def benchmark(options):
    for cluster in harness.clusters(options, primary_start_timeout=0):
        yield from measure(cluster, "failover at once", options.times(20))
    if options.smoke:
        return
    for system in (harness.Matriarch, harness.Patroni) if options.peer else (harness.Matriarch,):
        slow = system(ttl=30, loop_wait=10, retry_timeout=10, primary_start_timeout=0)
        yield from measure(slow, "failover at once", options.times(5))
    for cluster in harness.clusters(options):
        yield from measure(cluster, "restart in place", options.times(5))

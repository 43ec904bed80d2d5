"""node_loss: a primary's host is lost (killed; cut off the network), until another member has written"""

import harness
from harness import AS_ROOT, Client, Hosts, Load, Row, say


def measure(cluster, what, lose, restore, n):
    waits = []
    with cluster.start(), Client(cluster) as client, Load() as load:
        for _ in range(n):
            old = cluster.primary()
            lost = lose(old)
            acknowledged, index = client.first_after(lost, lambda index, _: index != old.index)
            waits.append((acknowledged - lost) / 1e9)
            say(f"{cluster.system}: {old.name} lost, {cluster.members[index].name} written to after {waits[-1]:.2f} s")
            restore(old)
            cluster.await_healthy()
    yield Row(f"node loss ({what}), to the first write", cluster, "s", waits, "", load)


def killed(cluster, n):
    return measure(cluster, "all its processes killed", lambda member: member.kill(), cluster.start_member, n)


def cut_off(make, n):
    hosts = Hosts(3)
    return measure(make(hosts), "host cut off", lambda member: hosts.isolate(member.index),
                   lambda _: hosts.testhosts("heal"), n)


def five(network=None):
    return harness.Matriarch(network, ttl=5, loop_wait=1, retry_timeout=2)


def three(network=None):
    return harness.Matriarch(network, ttl=3, loop_wait=1, retry_timeout=1)


def peers_floor(network=None):
    return harness.Patroni(network, ttl=20, loop_wait=1, retry_timeout=3)


def benchmark(options):
    yield from killed(five(), options.times(10))
    if options.smoke:
        return
    yield from killed(three(), options.times(10))
    if AS_ROOT:
        yield from cut_off(five, options.times(10))
        yield from cut_off(three, options.times(10))
    if options.peer:
        yield from killed(peers_floor(), options.times(5))
        if AS_ROOT:
            yield from cut_off(peers_floor, options.times(5))

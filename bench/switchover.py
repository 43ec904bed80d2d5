"""switchover: the client's write gap in a planned switchover, asynchronous replication"""

import harness
from harness import Client, Failure, Load, Row, say


def measure(cluster, n):
    gaps, answers = [], []
    with cluster.start(), Client(cluster) as client, Load() as load:
        for i in range(n):
            old = cluster.primary()
            candidate = [member for member in cluster.members if member is not old][i % 2]
            asked = harness.now()
            status, body = cluster.switchover(old, candidate)
            answers.append((harness.now() - asked) / 1e9)
            if status != 200:
                raise Failure(f"switchover to {candidate.name}: {status} {body}")
            acknowledged, _ = client.first_after(asked, lambda index, _: index == candidate.index)
            gaps.append(client.gap(asked, acknowledged))
            say(f"{cluster.system}: {old.name} to {candidate.name}, gap {gaps[-1] * 1000:.0f} ms")
            cluster.await_healthy()
        lost = client.close()
    rows = len(client.acknowledged)
    yield Row("switchover, write gap", cluster, "ms", [1000 * gap for gap in gaps],
              f"{lost} of {rows} acknowledged rows lost", load)
    yield Row("switchover, request answered", cluster, "s", answers, "", load)


def benchmark(options):
    for cluster in harness.clusters(options):
        yield from measure(cluster, options.times(10))

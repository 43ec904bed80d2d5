"""demo: bin/demo with a built image, until it shows three healthy members"""

import os
import time

import harness
from harness import Load, Row, run


def benchmark(options):
    times = []
    with Load() as load:
        for i in range(options.times(3)):
            folder = harness.temporary() / f"demo{i}"
            environment = {**os.environ, "MATRIARCH_DEMO_DIR": str(folder)}
            try:
                began = time.monotonic()
                run([harness.ROOT / "bin/demo"], env=environment)
                times.append(time.monotonic() - began)
            finally:
                run([harness.ROOT / "bin/demo", "clean"], env=environment)
    yield Row("bin/demo, built, to three healthy members", None, "s", times, "", load)

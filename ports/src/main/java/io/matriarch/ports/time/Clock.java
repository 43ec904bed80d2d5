package io.matriarch.ports.time;

import io.matriarch.domain.time.MonotonicTime;
import java.time.Instant;

/** What time it is. Never blocks. */
public interface Clock {

    /** The clocks that leases and timeouts are counted on (SAF-002). */
    MonotonicTime now();

    /** The wall clock: only for what people schedule and for what is shown to them (SAF-001). */
    Instant wallClock();
}

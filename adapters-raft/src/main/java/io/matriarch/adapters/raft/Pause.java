package io.matriarch.adapters.raft;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** Short waits of threads that poll. An interrupt ends them early. */
final class Pause {

    private Pause() {}

    static void millis(long millis) {
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(millis));
    }
}

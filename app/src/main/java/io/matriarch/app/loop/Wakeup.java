package io.matriarch.app.loop;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** What the loop waits on: a time, or something that happened. Many happenings before a turn make one turn. */
public final class Wakeup {

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition rung = lock.newCondition();
    private boolean pending;

    /** Something happened. Returns at once. */
    public void ring() {
        lock.lock();
        try {
            pending = true;
            rung.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Waits until something has happened since the last call, or {@code atMost} is over. */
    public void await(Duration atMost) throws InterruptedException {
        lock.lock();
        try {
            long nanos = atMost.toNanos();
            while (!pending && nanos > 0) {
                nanos = rung.awaitNanos(Math.min(nanos, TimeUnit.HOURS.toNanos(1)));
            }
            pending = false;
        } finally {
            lock.unlock();
        }
    }
}

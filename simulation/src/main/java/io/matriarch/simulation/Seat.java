package io.matriarch.simulation;

import java.util.concurrent.locks.LockSupport;

/** A stack of a run and its place to wait: of all of them one is awake at a time. */
final class Seat {

    private final Thread thread;
    private volatile boolean called;
    private boolean started;

    private Seat(Thread thread, boolean started) {
        this.thread = thread;
        this.started = started;
    }

    /** That of the thread that owns the run. */
    static Seat ofOwner() {
        return new Seat(Thread.currentThread(), true);
    }

    /** A new one, on which a body begins to run when it is first called. */
    static Seat of(Runnable body) {
        var later = new Later(body);
        later.seat = new Seat(Thread.ofVirtual().unstarted(later), false);
        return later.seat;
    }

    private static final class Later implements Runnable {
        private final Runnable body;
        private Seat seat;

        Later(Runnable body) {
            this.body = body;
        }

        @Override
        public void run() {
            seat.called = false;
            body.run();
        }
    }

    /** Whoever waits here goes on as soon as the caller waits or ends. */
    void call() {
        called = true;
        if (!started) {
            started = true;
            thread.start();
        } else {
            LockSupport.unpark(thread);
        }
    }

    /** The other one goes on, and this one waits. */
    void handTo(Seat other) {
        other.call();
        while (!called) {
            LockSupport.park(this);
        }
        called = false;
    }
}

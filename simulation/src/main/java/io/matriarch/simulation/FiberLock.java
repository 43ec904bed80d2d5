package io.matriarch.simulation;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;

/** A lock whose waiting is virtual time. */
final class FiberLock implements Lock {

    private final Scheduler scheduler;
    private final Deque<Scheduler.Fiber> waiting = new ArrayDeque<>();
    private Scheduler.Fiber holder;
    private int depth;

    FiberLock(Scheduler scheduler) {
        this.scheduler = scheduler;
    }

    @Override
    public void lock() {
        Scheduler.Fiber self = scheduler.current();
        while (holder != null && holder != self) {
            waiting.add(self);
            scheduler.block();
        }
        holder = self;
        depth++;
    }

    @Override
    public void unlock() {
        depth--;
        if (depth == 0) {
            holder = null;
            if (!waiting.isEmpty()) {
                waiting.poll().wake();
            }
        }
    }

    @Override
    public void lockInterruptibly() {
        lock();
    }

    @Override
    public boolean tryLock() {
        throw new UnsupportedOperationException();
    }

    @Override
    public boolean tryLock(long time, TimeUnit unit) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Condition newCondition() {
        throw new UnsupportedOperationException();
    }
}

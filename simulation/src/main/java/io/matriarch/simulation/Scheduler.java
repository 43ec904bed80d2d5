package io.matriarch.simulation;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.PriorityQueue;
import java.util.concurrent.Semaphore;

/**
 * Virtual time. Exactly one fiber runs at any moment, and the next one is chosen by time and order of scheduling alone,
 * so one seed gives one run.
 */
public final class Scheduler {

    private record Event(long at, long order, Runnable action) implements Comparable<Event> {
        @Override
        public int compareTo(Event other) {
            return at != other.at ? Long.compare(at, other.at) : Long.compare(order, other.order);
        }
    }

    /** Ends a fiber wherever it waits. */
    static final class Killed extends Error {
        Killed() {
            super("killed", null, false, false);
        }
    }

    /** Code that can wait in virtual time. */
    public final class Fiber {
        private final Semaphore go = new Semaphore(0);
        private final String name;
        private boolean killed;
        private boolean ended;
        private boolean waiting;
        private long wait;
        private long pausedUntil;
        boolean interrupted;

        private Fiber(String name) {
            this.name = name;
        }

        /** Lets nothing of it run before a moment of virtual time. */
        public void pauseUntil(long at) {
            pausedUntil = Math.max(pausedUntil, at);
        }

        public void kill() {
            if (!ended) {
                killed = true;
                waiting = false;
                switchTo(this);
            }
        }

        public void wake() {
            if (waiting) {
                waiting = false;
                continueAt(this, now);
            }
        }
    }

    private final PriorityQueue<Event> events = new PriorityQueue<>();
    private final Semaphore back = new Semaphore(0);
    private final List<Runnable> afterEvents = new ArrayList<>();
    private final List<Fiber> fibers = new ArrayList<>();
    private Fiber current;
    private RuntimeException failure;
    private long now;
    private long order;
    private long steps;

    public long now() {
        return now;
    }

    long steps() {
        return steps;
    }

    /** Runs after every event. */
    void afterEach(Runnable check) {
        afterEvents.add(check);
    }

    public void at(long when, Runnable action) {
        events.add(new Event(Math.max(when, now), order++, action));
    }

    public void after(Duration delay, Runnable action) {
        at(now + delay.toNanos(), action);
    }

    void every(Duration interval, Runnable action) {
        after(interval, () -> {
            action.run();
            every(interval, action);
        });
    }

    public Fiber spawn(String name, Runnable body) {
        var fiber = new Fiber(name);
        fibers.add(fiber);
        Thread.ofVirtual().name(name).start(() -> {
            fiber.go.acquireUninterruptibly();
            try {
                if (!fiber.killed) {
                    body.run();
                }
            } catch (Killed e) {
                // As it should.
            } catch (RuntimeException | Error e) {
                failure = new IllegalStateException(fiber.name + " failed", e);
            } finally {
                fiber.ended = true;
                back.release();
            }
        });
        continueAt(fiber, now);
        return fiber;
    }

    private void continueAt(Fiber fiber, long when) {
        at(when, () -> {
            if (fiber.ended) {
                return;
            }
            if (now < fiber.pausedUntil) {
                continueAt(fiber, fiber.pausedUntil);
                return;
            }
            switchTo(fiber);
        });
    }

    private void switchTo(Fiber fiber) {
        Fiber before = current;
        current = fiber;
        fiber.go.release();
        back.acquireUninterruptibly();
        current = before;
    }

    public Fiber current() {
        return current;
    }

    /** Gives control back until something continues this fiber. */
    private void giveBack() {
        Fiber self = current;
        if (self.killed) {
            throw new Killed();
        }
        back.release();
        self.go.acquireUninterruptibly();
        if (self.killed) {
            throw new Killed();
        }
    }

    /** Time passes for this fiber. */
    public void sleep(Duration time) {
        continueAt(current, now + Math.max(1, time.toNanos()));
        giveBack();
    }

    /** Time passes, or {@link Fiber#wake} is called. */
    public void await(Duration atMost) {
        Fiber self = current;
        self.waiting = true;
        long mine = ++self.wait;
        at(now + Math.max(1, atMost.toNanos()), () -> {
            if (self.waiting && self.wait == mine) {
                self.waiting = false;
                continueAt(self, now);
            }
        });
        giveBack();
    }

    /** Waits until somebody wakes this fiber. */
    public void block() {
        current.waiting = true;
        current.wait++;
        giveBack();
    }

    void run(Duration length) {
        long end = now + length.toNanos();
        while (!events.isEmpty() && events.peek().at() <= end) {
            Event event = events.poll();
            now = event.at();
            event.action().run();
            steps++;
            if (failure != null) {
                throw failure;
            }
            afterEvents.forEach(Runnable::run);
        }
        now = end;
    }

    /** Ends every fiber, so that no thread is left. */
    void close() {
        fibers.forEach(Fiber::kill);
    }
}

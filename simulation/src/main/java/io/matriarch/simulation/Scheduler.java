package io.matriarch.simulation;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.PriorityQueue;

/**
 * Virtual time. Exactly one fiber runs at any moment, and the next one is chosen by time and order of scheduling alone,
 * so one seed gives one run.
 *
 * <p>Whoever waits runs the events on its own stack until one is its own: most events then need no change of threads at
 * all.
 */
public final class Scheduler {

    /** An action, or a fiber to be continued; with a number of a wait, only if that wait is not over yet. */
    private record Event(long at, long order, Runnable action, Fiber fiber, long awaited) implements Comparable<Event> {
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
        private final String name;
        private Seat seat;
        private boolean killed;
        private boolean ended;
        private boolean waiting;
        private long wait;
        private long pausedUntil;
        private Runnable onHeld = () -> {};
        boolean interrupted;

        private Fiber(String name) {
            this.name = name;
        }

        /**
         * Lets nothing of it run before a moment of virtual time.
         *
         * @param held called if something would have run
         */
        public void pauseUntil(long at, Runnable held) {
            pausedUntil = Math.max(pausedUntil, at);
            onHeld = held;
        }

        /** Nothing of it runs any more; its stack is unwound by an event of its own. */
        public void kill() {
            if (!ended && !killed) {
                killed = true;
                waiting = false;
                continueAt(this, now, 0);
            }
        }

        public boolean isEnded() {
            return ended;
        }

        public void wake() {
            if (waiting) {
                waiting = false;
                continueAt(this, now, 0);
            }
        }
    }

    private final PriorityQueue<Event> events = new PriorityQueue<>();
    private final List<Fiber> fibers = new ArrayList<>();
    private final Fiber root = new Fiber("root");
    private Runnable afterEvent = () -> {};
    private Fiber current = root;
    private Throwable failure;
    private long now;
    private long end;
    private long order;
    private long steps;
    private long switches;
    private boolean stop;

    Scheduler() {
        root.seat = Seat.ofOwner();
    }

    public long now() {
        return now;
    }

    long steps() {
        return steps;
    }

    long switches() {
        return switches;
    }

    /** Runs after every event. */
    void afterEach(Runnable check) {
        afterEvent = check;
    }

    public void at(long when, Runnable action) {
        events.add(new Event(Math.max(when, now), order++, action, null, 0));
    }

    public void after(Duration delay, Runnable action) {
        at(now + delay.toNanos(), action);
    }

    public Fiber spawn(String name, Runnable body) {
        var fiber = new Fiber(name);
        fibers.add(fiber);
        fiber.seat = Seat.of(() -> {
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
            }
            work(fiber);
        });
        continueAt(fiber, now, 0);
        return fiber;
    }

    private void continueAt(Fiber fiber, long when, long wait) {
        events.add(new Event(Math.max(when, now), order++, null, fiber, wait));
    }

    public Fiber current() {
        return current;
    }

    /** Runs events until the next one is for another fiber, which gets control, or for this one. */
    private void work(Fiber self) {
        while (true) {
            Fiber next = nextFiber();
            if (next == self && !self.ended) {
                current = self;
                return;
            }
            if (next != null) {
                current = next;
                switches++;
                if (self.ended) {
                    next.seat.call();
                } else {
                    self.seat.handTo(next.seat);
                }
                return;
            }
        }
    }

    /** One event; empty after an action. */
    private Fiber nextFiber() {
        try {
            if (failure == null) {
                afterEvent.run();
            }
            Event event = events.peek();
            if (failure != null || stop || event == null || event.at > end) {
                return root;
            }
            events.poll();
            now = event.at;
            steps++;
            if (event.fiber == null) {
                current = null;
                event.action.run();
                return null;
            }
            return continued(event);
        } catch (RuntimeException | Error e) {
            if (failure == null) {
                failure = e;
            }
            return root;
        }
    }

    private Fiber continued(Event event) {
        Fiber fiber = event.fiber;
        if (fiber.ended || event.awaited != 0 && !(fiber.waiting && fiber.wait == event.awaited)) {
            return null;
        }
        if (now < fiber.pausedUntil && !fiber.killed) {
            fiber.onHeld.run();
            continueAt(fiber, fiber.pausedUntil, event.awaited);
            return null;
        }
        fiber.waiting = false;
        return fiber;
    }

    private void giveBack() {
        Fiber self = current;
        if (self.killed) {
            throw new Killed();
        }
        work(self);
        if (self.killed) {
            throw new Killed();
        }
    }

    /** Time passes for this fiber. */
    public void sleep(Duration time) {
        continueAt(current, now + Math.max(1, time.toNanos()), 0);
        giveBack();
    }

    /** Time passes, or {@link Fiber#wake} is called. */
    public void await(Duration atMost) {
        Fiber self = current;
        self.waiting = true;
        long mine = ++self.wait;
        continueAt(self, now + Math.max(1, atMost.toNanos()), mine);
        giveBack();
    }

    /** Waits until somebody wakes this fiber. */
    public void block() {
        current.waiting = true;
        current.wait++;
        giveBack();
    }

    /** Lets virtual time pass for the thread that owns the run; its failures are thrown here. */
    public void run(Duration length) {
        end = now + length.toNanos();
        stop = false;
        work(root);
        if (failure instanceof RuntimeException e) {
            throw e;
        }
        if (failure instanceof Error e) {
            throw e;
        }
        if (!stop) {
            now = end;
        }
    }

    /** Ends {@link #run} after the present event. */
    void stop() {
        stop = true;
    }

    /** Forgets the fibers that have ended, so that a long run does not grow. */
    void forgetEnded() {
        fibers.removeIf(fiber -> fiber.ended);
    }

    /** Ends every fiber, so that no thread is left. */
    public void close() {
        failure = null;
        afterEvent = () -> {};
        events.clear();
        fibers.forEach(Fiber::kill);
        end = now;
        stop = false;
        work(root);
    }
}

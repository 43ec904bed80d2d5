package io.matriarch.app.acceptance;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

/** Polls until something is so, or a deadline passes. */
final class Await {

    /** For what takes a few seconds on an idle machine. */
    static final Duration LONG = Duration.ofSeconds(90);

    private static final Duration PAUSE = Duration.ofMillis(50);

    private Await() {}

    /** Returns once {@code condition} is true; its exceptions and failed assertions count as false. */
    static void until(String what, Duration limit, Callable<Boolean> condition) {
        until(what, limit, condition, () -> "");
    }

    /** As above; the failure shows what {@code state} says at the end. */
    static void until(String what, Duration limit, Callable<Boolean> condition, Supplier<String> state) {
        value(what, limit, () -> condition.call() ? Optional.of(true) : Optional.empty(), state);
    }

    /** Returns the first value there is; exceptions and failed assertions of {@code attempt} count as none. */
    static <T> T value(String what, Duration limit, Callable<Optional<T>> attempt, Supplier<String> state) {
        long start = System.nanoTime();
        Throwable last = null;
        while (System.nanoTime() - start < limit.toNanos()) {
            try {
                Optional<T> found = attempt.call();
                if (found.isPresent()) {
                    return found.get();
                }
                last = null;
            } catch (Exception | AssertionError e) {
                last = e;
            }
            LockSupport.parkNanos(PAUSE.toNanos());
        }
        throw new AssertionError("not within " + limit.toSeconds() + " s: " + what + "\n" + state.get(), last);
    }

    /** True if {@code condition} holds at every poll for {@code length}. */
    static boolean holdsFor(Duration length, Callable<Boolean> condition) throws Exception {
        long start = System.nanoTime();
        while (System.nanoTime() - start < length.toNanos()) {
            if (!condition.call()) {
                return false;
            }
            LockSupport.parkNanos(PAUSE.toNanos());
        }
        return true;
    }
}

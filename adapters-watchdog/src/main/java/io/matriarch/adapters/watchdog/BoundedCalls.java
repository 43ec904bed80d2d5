package io.matriarch.adapters.watchdog;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;

/**
 * Calls that may hang in the kernel, on a thread of their own, one after the other. Callers wait for a bounded time; the
 * lease must be renewed and the server be stopped whether a driver answers or not.
 */
final class BoundedCalls {

    private static final CompletableFuture<?> NOTHING = new CompletableFuture<>();

    private final long limitNanos;
    private final ExecutorService thread;
    private volatile Optional<Long> busySince = Optional.empty();

    /** The call whose caller gave up last, until it has come to its end. */
    private final AtomicReference<CompletableFuture<?>> hanging = new AtomicReference<>(NOTHING);

    BoundedCalls(String name, Duration limit) {
        limitNanos = limit.toNanos();
        thread = Executors.newSingleThreadExecutor(
                Thread.ofPlatform().daemon().name(name).factory());
    }

    /** Whether a call has been hanging for longer than callers wait. */
    boolean stuck() {
        return hanging.get() != NOTHING
                || busySince
                        .map(start -> System.nanoTime() - start >= limitNanos)
                        .orElse(false);
    }

    /**
     * Does the work, unless an earlier call is stuck.
     *
     * @param undo done after work that came to its end when its caller had given up
     * @return empty when there is no answer in time
     */
    <T> Optional<T> call(Supplier<T> work, Runnable undo) {
        if (stuck()) {
            return Optional.empty();
        }
        var answer = new CompletableFuture<T>();
        thread.execute(() -> {
            if (!answer.isDone()) {
                run(() -> complete(answer, work, undo));
            }
            hanging.compareAndSet(answer, NOTHING);
        });
        return await(answer, true);
    }

    /** Does the work in any case, late if need be; true when it is done already. */
    boolean insist(Runnable work) {
        boolean stuck = stuck();
        var answer = new CompletableFuture<Boolean>();
        thread.execute(() -> {
            run(() -> complete(
                    answer,
                    () -> {
                        work.run();
                        return true;
                    },
                    () -> {}));
            hanging.compareAndSet(answer, NOTHING);
        });
        return !stuck && await(answer, false).isPresent();
    }

    private void run(Runnable work) {
        busySince = Optional.of(System.nanoTime());
        try {
            work.run();
        } finally {
            busySince = Optional.empty();
        }
    }

    private static <T> void complete(CompletableFuture<T> answer, Supplier<T> work, Runnable undo) {
        try {
            if (!answer.complete(work.get())) {
                undo.run();
            }
        } catch (RuntimeException | Error e) {
            answer.completeExceptionally(e);
        }
    }

    /** An interrupt does not shorten it: a device that is to be stopped at shutdown must be stopped. */
    private <T> Optional<T> await(CompletableFuture<T> answer, boolean cancel) {
        long start = System.nanoTime();
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    long left = limitNanos - (System.nanoTime() - start);
                    return Optional.of(answer.get(Math.max(0, left), TimeUnit.NANOSECONDS));
                } catch (InterruptedException _) {
                    interrupted = true;
                } catch (TimeoutException _) {
                    // In this order: whoever ends the call afterwards finds the note and removes it.
                    hanging.set(answer);
                    if (cancel ? answer.cancel(false) : !answer.isDone()) {
                        return Optional.empty();
                    }
                    hanging.compareAndSet(answer, NOTHING);
                }
            }
        } catch (CancellationException _) {
            return Optional.empty();
        } catch (ExecutionException e) {
            throw new IllegalStateException("a call to the watchdog failed", e.getCause());
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}

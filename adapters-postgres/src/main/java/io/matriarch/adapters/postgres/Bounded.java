package io.matriarch.adapters.postgres;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Asks something on a virtual thread of its own and gives up after a while: no peer that is silent, stopped or
 * unreachable holds the caller longer. Giving up interrupts the thread, which closes the socket it waits on.
 */
final class Bounded {

    private Bounded() {}

    /**
     * The answer of {@code work} within {@code patience}.
     *
     * @param noAnswer makes an answer of the reason why there is none
     */
    static <T> T call(String name, Duration patience, Supplier<T> work, Function<String, T> noAnswer) {
        if (patience.isZero() || patience.isNegative()) {
            return noAnswer.apply("no time left to ask");
        }
        var answer = new CompletableFuture<T>();
        Thread worker = Thread.ofVirtual().name(name).start(() -> {
            try {
                answer.complete(work.get());
            } catch (RuntimeException e) {
                answer.completeExceptionally(e);
            }
        });
        try {
            return answer.get(patience.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException _) {
            worker.interrupt();
            return noAnswer.apply("no answer within " + patience.toMillis() + " ms");
        } catch (ExecutionException e) {
            return noAnswer.apply(e.getCause().toString());
        } catch (InterruptedException _) {
            worker.interrupt();
            Thread.currentThread().interrupt();
            return noAnswer.apply("interrupted");
        }
    }
}

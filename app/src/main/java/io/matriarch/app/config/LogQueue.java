package io.matriarch.app.config;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.LoggingEvent;
import ch.qos.logback.core.AppenderBase;
import java.time.Duration;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Keeps a slow disk or a stopped reader of standard error away from the threads that keep the cluster alive: lines wait
 * in a queue of bounded length, and those that do not fit are counted and dropped.
 */
final class LogQueue extends AppenderBase<ILoggingEvent> {

    private final LogLines lines;
    private final BlockingQueue<Runnable> waiting;
    private final AtomicLong lost = new AtomicLong();
    private final CountDownLatch finished = new CountDownLatch(1);
    private final Thread writer;
    private volatile boolean closing;

    LogQueue(LogLines lines) {
        this.lines = lines;
        this.waiting = new ArrayBlockingQueue<>(lines.settings().maxQueueSize());
        this.writer = Thread.ofPlatform().daemon().name("log").unstarted(this::writeOn);
        setName("queue");
    }

    @Override
    public void start() {
        super.start();
        writer.start();
    }

    @Override
    protected void append(ILoggingEvent event) {
        event.prepareForDeferredProcessing();
        if (lines.needsCallerData()) {
            event.getCallerData();
        }
        if (!waiting.offer(() -> lines.accept(event))) {
            lost.incrementAndGet();
        }
    }

    private void writeOn() {
        while (!closing || !waiting.isEmpty()) {
            try {
                waiting.take().run();
                long dropped = lost.getAndSet(0);
                if (dropped > 0) {
                    lines.accept(notice("QueueHandler has lost " + dropped + " log records"));
                }
            } catch (InterruptedException e) {
                break;
            } catch (RuntimeException e) {
                // A line that cannot be written must not silence all that follow.
                lines.accept(notice("a line of the log is lost: " + e));
            }
        }
        lines.close();
        finished.countDown();
    }

    private ILoggingEvent notice(String message) {
        LoggingEvent event = new LoggingEvent();
        event.setLoggerName(LogQueue.class.getName());
        event.setLevel(Level.WARN);
        event.setMessage(message);
        event.setTimeStamp(System.currentTimeMillis());
        event.setThreadName(Thread.currentThread().getName());
        return event;
    }

    /**
     * Writes what waits and ends.
     *
     * @return whether all of it was written in time
     */
    boolean drain(Duration atMost) {
        super.stop();
        closing = true;
        // Wakes a writer that waits for a line; one with a full queue looks at the flag after the last line.
        waiting.offer(() -> {});
        try {
            return finished.await(atMost.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}

package io.matriarch.app.acceptance;

import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;

/**
 * A FIFO in place of a watchdog device, and what the device would do: it is armed by the first byte, keeps its timeout,
 * and fires when nothing comes in time, unless {@code V} was the last byte before the close.
 */
final class FakeWatchdog implements AutoCloseable {

    /** What arrived and when; {@code closed} is the writer's close. */
    record Event(long nanos, String text, boolean closed) {}

    private final Path fifo;
    private final List<Event> events = new ArrayList<>();
    private final FileInputStream in;
    private final Thread reader;
    private final Thread clock;
    private volatile boolean closing;
    private Optional<Runnable> reset = Optional.empty();
    private Optional<Duration> timeout = Optional.empty();
    private boolean armed;
    private long lastByte;
    private int fired;

    private FakeWatchdog(Path fifo, FileInputStream in) {
        this.fifo = fifo;
        this.in = in;
        this.reader = Thread.ofPlatform().daemon().name("read " + fifo).start(this::read);
        this.clock = Thread.ofPlatform().daemon().name("time " + fifo).start(this::watch);
    }

    static FakeWatchdog make(Path fifo) {
        try {
            Commands.run("mkfifo", "-m", "600", fifo.toString()).succeeded();
            User.own(fifo);
            // A FIFO opens for reading at once only while there is a writer.
            try (var _ = new RandomAccessFile(fifo.toFile(), "rw")) {
                return new FakeWatchdog(fifo, new FileInputStream(fifo.toFile()));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What happens to the host when the device fires; nothing without it. */
    synchronized void onReset(Runnable action) {
        reset = Optional.of(action);
    }

    synchronized List<Event> events() {
        return List.copyOf(events);
    }

    /** All that was written, a close as {@code <closed>}. */
    synchronized String text() {
        var text = new StringBuilder();
        events.forEach(event -> text.append(event.closed() ? "<closed>" : event.text()));
        return text.toString();
    }

    synchronized boolean isArmed() {
        return armed;
    }

    /** How often it has fired. */
    synchronized int fired() {
        return fired;
    }

    private void read() {
        var buffer = new byte[4096];
        boolean open = false;
        try (in) {
            while (!closing) {
                int length = in.read(buffer);
                if (length > 0) {
                    open = true;
                    received(new String(buffer, 0, length, java.nio.charset.StandardCharsets.US_ASCII));
                } else {
                    if (open) {
                        open = false;
                        closedByWriter();
                    }
                    // No writer: a read returns at once.
                    LockSupport.parkNanos(Duration.ofMillis(5).toNanos());
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private synchronized void received(String text) {
        long now = System.nanoTime();
        events.add(new Event(now, text, false));
        armed = true;
        lastByte = now;
        for (String line : text.split("\n")) {
            int at = line.indexOf("Ctimeout=");
            if (at >= 0) {
                timeout = Optional.of(Duration.ofSeconds(
                        Long.parseLong(line.substring(at + "Ctimeout=".length()).trim())));
            }
        }
    }

    private synchronized void closedByWriter() {
        boolean disarmed = !events.isEmpty() && events.getLast().text().endsWith("V");
        events.add(new Event(System.nanoTime(), "", true));
        armed = armed && !disarmed;
    }

    private void watch() {
        while (!closing) {
            LockSupport.parkNanos(Duration.ofMillis(20).toNanos());
            due().ifPresent(Runnable::run);
        }
    }

    private synchronized Optional<Runnable> due() {
        if (!armed
                || timeout.isEmpty()
                || System.nanoTime() - lastByte < timeout.get().toNanos()) {
            return Optional.empty();
        }
        armed = false;
        fired++;
        return reset;
    }

    @Override
    public void close() {
        closing = true;
        try {
            // Wakes the reader from a read that waits for a writer that is still there.
            if (Files.exists(fifo)) {
                new FileOutputStream(fifo.toFile()).close();
            }
            reader.join(1000);
            clock.join(1000);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}

package io.matriarch.ports.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * A real server that a test starts and that never outlives it.
 *
 * <p>Its output goes to a file, which {@link #output} reads and whose end stands in the message of every failure.
 */
public final class ServerProcess implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int SHOWN_OUTPUT = 4000;

    private final Process process;
    private final Path log;
    private final Thread reaper;

    private ServerProcess(Process process, Path log) {
        this.process = process;
        this.log = log;
        // A test run that is interrupted ends its servers too.
        this.reaper = new Thread(process::destroyForcibly, "end server " + process.pid());
        Runtime.getRuntime().addShutdownHook(reaper);
    }

    /**
     * Starts a server.
     *
     * @param directory where it runs and where {@code NAME.log} gets its output
     * @param name of the server, for the log's name
     */
    public static ServerProcess start(
            Path directory, String name, List<String> command, Map<String, String> environment) {
        try {
            Files.createDirectories(directory);
            var log = directory.resolve(name + ".log");
            var builder = new ProcessBuilder(command)
                    .directory(directory.toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
            builder.environment().putAll(environment);
            return new ServerProcess(builder.start(), log);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot start " + command, e);
        }
    }

    /** Distinct ports of the loopback interface that were free a moment ago. */
    public static List<Integer> freePorts(int count) {
        var sockets = new ArrayList<ServerSocket>();
        try {
            for (int i = 0; i < count; i++) {
                sockets.add(new ServerSocket(0, 1, InetAddress.getLoopbackAddress()));
            }
            return sockets.stream().map(ServerSocket::getLocalPort).toList();
        } catch (IOException e) {
            throw new UncheckedIOException("no free port", e);
        } finally {
            sockets.forEach(ServerProcess::closeQuietly);
        }
    }

    public long pid() {
        return process.pid();
    }

    public boolean isAlive() {
        return process.isAlive();
    }

    /** Returns once the server accepts connections on a port of the loopback interface. */
    public ServerProcess awaitPort(int port) {
        await("port " + port, () -> accepts(port));
        return this;
    }

    /** Returns once {@code ready} is true; fails when the server ends before or takes more than a minute. */
    public void await(String what, BooleanSupplier ready) {
        long start = System.nanoTime();
        while (!ready.getAsBoolean()) {
            if (!process.isAlive()) {
                throw new AssertionError("the server ended while waiting for " + what + ":\n" + tail());
            }
            if (System.nanoTime() - start > PATIENCE.toNanos()) {
                throw new AssertionError("no " + what + " within " + PATIENCE + ":\n" + tail());
            }
            LockSupport.parkNanos(Duration.ofMillis(20).toNanos());
        }
    }

    /** SIGSTOP: the server stands still and holds its connections; every one of its threads, when this returns. */
    public void suspend() {
        signal("STOP");
        await("stop of every thread", this::isStopped);
    }

    /** SIGCONT. */
    public void resume() {
        signal("CONT");
    }

    /** What it has printed so far. */
    public String output() {
        try {
            return Files.readString(log);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** SIGKILL, and waits for the end. */
    public void kill() {
        process.destroyForcibly();
        awaitEnd();
    }

    @Override
    public void close() {
        if (process.isAlive()) {
            // A stopped process takes no SIGTERM; nothing a test's server keeps is worth a clean end.
            kill();
        }
        Runtime.getRuntime().removeShutdownHook(reaper);
    }

    private boolean isStopped() {
        try (var threads = Files.newDirectoryStream(Path.of("/proc", Long.toString(process.pid()), "task"))) {
            for (var thread : threads) {
                var stat = Files.readString(thread.resolve("stat"));
                // The command's name stands in parentheses and may hold anything; the state follows it.
                if (stat.charAt(stat.lastIndexOf(')') + 2) != 'T') {
                    return false;
                }
            }
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private void awaitEnd() {
        try {
            if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
                throw new AssertionError("process " + process.pid() + " survived SIGKILL for " + PATIENCE);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted while a server ends", e);
        }
    }

    private void signal(String name) {
        try {
            var kill = new ProcessBuilder("kill", "-" + name, Long.toString(process.pid()))
                    .inheritIO()
                    .start();
            if (kill.waitFor() != 0) {
                throw new AssertionError("cannot send " + name + " to process " + process.pid());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted while sending " + name, e);
        }
    }

    private String tail() {
        var all = output();
        return all.substring(Math.max(0, all.length() - SHOWN_OUTPUT));
    }

    private static boolean accepts(int port) {
        try (var socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1000);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private static void closeQuietly(ServerSocket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

package io.matriarch.adapters.watchdog;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The guard's program and its one process for a data directory. Its socket lies beside that directory, where the agent's
 * own lock is too.
 */
final class GuardProgram {

    /** Its place when it is not the image's: for tests. */
    static final String PROPERTY = "matriarch.guard";

    private static final int LONGEST_NAME = 70;
    private static final long LOOK_MILLIS = 2;

    /** The exit status of a guard that has found another one. */
    private static final int LOCKED = 3;

    private final Path program;
    private final Path folder;
    private final String name;

    GuardProgram(Path program, Path dataDirectory) {
        Path absolute = dataDirectory.toAbsolutePath().normalize();
        this.program = program;
        this.folder = absolute.getParent();
        this.name = name(absolute.getFileName().toString());
    }

    /** Where the image has it. */
    static Path installed() {
        return Path.of(Optional.ofNullable(System.getProperty(PROPERTY))
                .orElseGet(() -> System.getProperty("matriarch.home", ".") + "/lib/matriarch-guard"));
    }

    private static String name(String directory) {
        boolean tooLong = directory.getBytes(StandardCharsets.UTF_8).length > LONGEST_NAME;
        String shown = tooLong ? Integer.toHexString(directory.hashCode()) : directory;
        return "." + shown + ".matriarch.guard";
    }

    Path path() {
        return program;
    }

    boolean isInstalled() {
        return Files.isExecutable(program);
    }

    /** The guard that is there already; empty when there is none. */
    Optional<GuardSocket> find() throws IOException {
        return GuardSocket.connect(folder, name);
    }

    /**
     * Starts a guard and connects to it.
     *
     * @throws IOException when it does not come up within {@code patience}, with its own words where it had any
     */
    GuardSocket start(Duration patience) throws IOException {
        long end = System.nanoTime() + patience.toNanos();
        try {
            while (true) {
                Process process = launch();
                Optional<GuardSocket> connected = await(process, end);
                if (connected.isPresent()) {
                    return connected.get();
                }
                // The one before it is just leaving: it has let go of its socket, and not of its lock yet.
                if (process.exitValue() != LOCKED || System.nanoTime() - end >= 0) {
                    String words = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
                    throw new IOException(
                            "the guard has ended with status " + process.exitValue() + ": " + words.strip());
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while the guard came up", e);
        }
    }

    private Process launch() throws IOException {
        ProcessBuilder builder = new ProcessBuilder(List.of(program.toString(), folder.toString(), name))
                .directory(folder.toFile())
                .redirectErrorStream(true);
        builder.environment().clear();
        Process process = builder.start();
        process.getOutputStream().close();
        return process;
    }

    /** Until it answers or has ended; empty when it has. */
    private Optional<GuardSocket> await(Process process, long end) throws IOException, InterruptedException {
        while (System.nanoTime() - end < 0) {
            Optional<GuardSocket> found = find();
            if (found.isPresent()) {
                return found;
            }
            if (process.waitFor(LOOK_MILLIS, TimeUnit.MILLISECONDS)) {
                return Optional.empty();
            }
        }
        throw new IOException("the guard has not come up in time");
    }

    /** Ends a guard that does not answer; true once it is gone. What it guarded goes on. */
    static boolean end(ProcessHandle guard, Duration patience) {
        guard.destroyForcibly();
        try {
            guard.onExit().get(patience.toMillis(), TimeUnit.MILLISECONDS);
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return !guard.isAlive();
        } catch (ExecutionException | TimeoutException _) {
            return !guard.isAlive();
        }
    }
}

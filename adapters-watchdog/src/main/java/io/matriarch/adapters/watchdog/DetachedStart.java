package io.matriarch.adapters.watchdog;

import io.matriarch.domain.cluster.LeaseId;
import io.matriarch.domain.postgres.StopProof;
import io.matriarch.domain.time.MonotonicTime;
import io.matriarch.ports.time.Clock;
import io.matriarch.ports.watchdog.Guard;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Starts PostgreSQL without a guard around it: the server lives in a session of its own and outlives the agent, but
 * nobody ends it when the agent is gone. It does hold the agent to the deadline when it promotes.
 *
 * <p>The server stays a child of the agent as long as the agent lives, on purpose: the JVM collects its exit status at
 * once, so a postmaster that has ended never looks alive as a zombie, not even where the agent is process 1 of a
 * container. {@code setsid} replaces itself by the server, so the child's pid is the postmaster's.
 */
public final class DetachedStart implements Guard {

    private static final Logger log = LoggerFactory.getLogger(DetachedStart.class);

    private static final String LAUNCHER = "setsid";
    private static final int NOT_EXECUTABLE = 126;
    private static final int NOT_FOUND = 127;
    private static final long CONFIRM_STEP_MILLIS = 2;
    private static final int CONFIRM_STEPS = 2500;
    private static final int SIGUSR1 = 10;

    private final Clock clock;
    private volatile Optional<MonotonicTime> deadline = Optional.empty();

    public DetachedStart(Clock clock) {
        this.clock = clock;
    }

    @Override
    public long start(ServerCommand command) throws GuardException {
        if (command.arguments().isEmpty()) {
            throw new GuardException("no program to start");
        }
        Process process = launch(command);
        return confirm(process, command.arguments().getFirst(), command.log());
    }

    @Override
    public void promote(long postmaster, Path dataDirectory) throws GuardException {
        promote(postmaster, dataDirectory, () -> signalPromotion(postmaster));
    }

    /** What makes the server read the request to promote. */
    interface Signal {
        void send() throws GuardException;
    }

    void promote(long postmaster, Path dataDirectory, Signal signal) throws GuardException {
        requireTime();
        requirePostmaster(postmaster, dataDirectory);
        Path request = dataDirectory.resolve("promote");
        try {
            Files.writeString(request, "");
        } catch (IOException e) {
            throw new GuardException("cannot write " + request + ": " + e, e);
        }
        try {
            // Writing may have taken its time; the signal is what makes the server writable.
            requireTime();
            signal.send();
        } catch (GuardException e) {
            // A file that stays would promote the server with the next signal, whoever sends it.
            withdraw(request, e);
            throw e;
        }
    }

    static void signalPromotion(long postmaster) throws GuardException {
        var sent = LinuxCalls.kill(postmaster, SIGUSR1);
        if (sent.failed()) {
            throw new GuardException("cannot signal the postmaster " + postmaster + ": " + sent.error());
        }
    }

    @Override
    public void arm(LeaseId lease, MonotonicTime deadline) {
        this.deadline = Optional.of(deadline);
    }

    @Override
    public void pause() {
        // There is nothing that would end the server, so nothing to hold back. The deadline goes on counting for
        // promotions: paused or not, a server is promoted on a lease that still runs.
    }

    @Override
    public void disarm(StopProof proof) {
        deadline = Optional.empty();
    }

    @Override
    public GuardState state() {
        return GuardState.ABSENT;
    }

    private void requireTime() throws GuardException {
        MonotonicTime end = deadline.orElseThrow(() -> new GuardException("promotion refused: no lease was told"));
        MonotonicTime now = clock.now();
        if (now.hasReached(end)) {
            throw new GuardException("promotion refused: the lease ended "
                    + now.until(end).negated().toMillis() + " ms ago");
        }
    }

    /** A pid may belong to something else by now, and SIGUSR1 ends most programs. */
    private static void requirePostmaster(long postmaster, Path dataDirectory) throws GuardException {
        Path file = dataDirectory.resolve("postmaster.pid");
        String first;
        try (var lines = Files.lines(file, StandardCharsets.ISO_8859_1)) {
            first = lines.findFirst().orElse("").strip();
        } catch (IOException e) {
            throw new GuardException("cannot read " + file + ": " + e, e);
        }
        if (!first.equals(Long.toString(postmaster))) {
            throw new GuardException(
                    "process " + postmaster + " is not the postmaster that " + file + " names: " + first);
        }
    }

    private static void withdraw(Path request, GuardException cause) {
        try {
            Files.deleteIfExists(request);
        } catch (IOException e) {
            cause.addSuppressed(e);
            log.error("cannot remove {}: {}", request, e.toString());
        }
    }

    private static Process launch(ServerCommand command) throws GuardException {
        List<String> arguments = new ArrayList<>();
        arguments.add(LAUNCHER);
        arguments.addAll(command.arguments());
        // The JVM's launcher closes every descriptor above 2 in the child, also those that libraries opened.
        ProcessBuilder builder = new ProcessBuilder(arguments)
                .directory(command.workingDirectory().toFile())
                .redirectInput(new File("/dev/null"))
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(command.log().toFile()));
        builder.environment().clear();
        builder.environment().putAll(command.environment());
        try {
            return builder.start();
        } catch (IOException e) {
            throw new GuardException("cannot start " + command.arguments().getFirst() + ": " + e.getMessage(), e);
        }
    }

    /** Waits until the launcher has become the server. */
    private static long confirm(Process process, String program, Path output) throws GuardException {
        try {
            for (int i = 0; i < CONFIRM_STEPS; i++) {
                boolean ended = process.waitFor(CONFIRM_STEP_MILLIS, TimeUnit.MILLISECONDS);
                if (ended && (process.exitValue() == NOT_FOUND || process.exitValue() == NOT_EXECUTABLE)) {
                    throw new GuardException("cannot execute " + program + ", see " + output);
                }
                if (ended || hasLeftLauncher(process.pid())) {
                    return process.pid();
                }
            }
            log.warn("process {} has not become {} yet", process.pid(), program);
        } catch (InterruptedException _) {
            // It has been started, and the pid is the right one whatever it runs at the moment.
            Thread.currentThread().interrupt();
        }
        return process.pid();
    }

    private static boolean hasLeftLauncher(long process) {
        try {
            byte[] line = Files.readAllBytes(Path.of("/proc", Long.toString(process), "cmdline"));
            String command = new String(line, StandardCharsets.ISO_8859_1);
            // Before its first exec the child still shows the command line of the JVM's launcher.
            return !command.isEmpty() && !command.startsWith(LAUNCHER + "\0") && sessionOf(process) == process;
        } catch (IOException _) {
            return false;
        }
    }

    /** The sixth field; the second one is the program's name in brackets and may hold blanks. */
    private static long sessionOf(long process) throws IOException {
        String stat = Files.readString(Path.of("/proc", Long.toString(process), "stat"), StandardCharsets.ISO_8859_1);
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
        return Long.parseLong(fields[3]);
    }
}

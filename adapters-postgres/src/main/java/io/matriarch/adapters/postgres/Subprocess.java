package io.matriarch.adapters.postgres;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs a tool and waits for it. When the waiting thread is interrupted the tool gets SIGTERM, and after ten seconds
 * SIGKILL together with everything below it, before the call returns: what writes into a data directory must not go on
 * once its caller has given up (spec/postgres.md §21).
 */
final class Subprocess {

    private static final Duration FOR_EVER = Duration.ofDays(10_000);

    private static final Logger log = LoggerFactory.getLogger(Subprocess.class);
    private static final Duration GRACE = Duration.ofSeconds(10);
    /** What a tool may print before the rest is thrown away. */
    private static final int LIMIT = 1 << 20;

    private Subprocess() {}

    /**
     * How it ended.
     *
     * @param code its exit status, negative when it could not be run or was cancelled
     */
    record Result(int code, String output, String error) {
        boolean isOk() {
            return code == 0;
        }

        /** Its last words, for a message. */
        String lastWords() {
            String text = (error.isBlank() ? output : error).strip();
            return text.length() > 2000 ? text.substring(text.length() - 2000) : text;
        }
    }

    static final int NOT_STARTED = -1;
    static final int CANCELLED = -2;
    static final int TIMED_OUT = -3;

    static Result run(List<String> command, Map<String, String> environment) {
        return run(command, environment, new byte[0]);
    }

    static Result run(List<String> command, Map<String, String> environment, Path directory) {
        return run(command, environment, new byte[0], FOR_EVER, Optional.of(directory));
    }

    static Result run(List<String> command, Map<String, String> environment, byte[] input) {
        return run(command, environment, input, FOR_EVER, Optional.empty());
    }

    /** Not longer than {@code patience}: then it is killed with everything below it. */
    static Result runWithin(Duration patience, List<String> command, Map<String, String> environment) {
        return run(command, environment, new byte[0], patience, Optional.empty());
    }

    private static Result run(
            List<String> command,
            Map<String, String> environment,
            byte[] input,
            Duration patience,
            Optional<Path> directory) {
        Process process;
        try {
            var builder = new ProcessBuilder(command);
            directory.ifPresent(path -> builder.directory(path.toFile()));
            builder.environment().clear();
            builder.environment().putAll(environment);
            process = builder.start();
        } catch (IOException e) {
            return new Result(NOT_STARTED, "", "cannot run " + command.getFirst() + ": " + e.getMessage());
        }
        CompletableFuture<String> output = drain(process.getInputStream());
        CompletableFuture<String> error = drain(process.getErrorStream());
        try (var stdin = process.getOutputStream()) {
            stdin.write(input);
        } catch (IOException e) {
            log.debug("{} did not read its input", command.getFirst());
        }
        try {
            if (!process.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS)) {
                end(process, command.getFirst(), Duration.ZERO);
                return new Result(TIMED_OUT, "", "not ended after " + patience.toMillis() + " ms");
            }
            int code = process.exitValue();
            // A daemon the tool left behind may hold the pipe open: it isn't waited for.
            return new Result(
                    code,
                    output.completeOnTimeout("", 2, TimeUnit.SECONDS).join(),
                    error.completeOnTimeout("", 2, TimeUnit.SECONDS).join());
        } catch (InterruptedException _) {
            end(process, command.getFirst());
            Thread.currentThread().interrupt();
            return new Result(CANCELLED, "", "cancelled");
        }
    }

    /** Ends a process and everything below it; returns when they have ended. */
    static void end(Process process, String name) {
        end(process, name, GRACE);
    }

    private static void end(Process process, String name, Duration grace) {
        List<ProcessHandle> family = process.descendants().toList();
        log.info("terminating {} pid={}", name, process.pid());
        process.destroy();
        boolean interrupted = Thread.interrupted();
        long end = System.nanoTime() + grace.toNanos();
        while (process.isAlive() && System.nanoTime() - end < 0) {
            try {
                process.waitFor(100, TimeUnit.MILLISECONDS);
            } catch (InterruptedException _) {
                interrupted = true;
            }
        }
        if (process.isAlive()) {
            log.warn("killed {} because it was still running: pid={}", name, process.pid());
        }
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        family.forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
        process.onExit().join();
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** The agent's environment with some variables set, and in English so that answers can be read. */
    static Map<String, String> environment(Map<String, String> more) {
        Map<String, String> all = inherited();
        all.put("LANG", "C");
        all.put("LC_ALL", "C");
        all.putAll(more);
        return all;
    }

    /** The agent's environment as it is, for what depends on its locale: initdb and the operator's scripts. */
    static Map<String, String> inherited() {
        var all = new HashMap<>(System.getenv());
        all.keySet().removeIf(Subprocess::isPrivate);
        return all;
    }

    /** What is between the agent and its surroundings concerns no server and no tool. */
    static boolean isPrivate(String variable) {
        return variable.startsWith("PATRONI_")
                || variable.startsWith("MATRIARCH_")
                || variable.startsWith("KUBERNETES_")
                || variable.equals("NOTIFY_SOCKET");
    }

    private static CompletableFuture<String> drain(InputStream stream) {
        var text = new CompletableFuture<String>();
        Thread.ofPlatform().daemon().start(() -> {
            try (stream) {
                byte[] kept = stream.readNBytes(LIMIT);
                stream.skip(Long.MAX_VALUE);
                text.complete(new String(kept, StandardCharsets.UTF_8));
            } catch (IOException _) {
                text.complete("");
            }
        });
        return text;
    }
}

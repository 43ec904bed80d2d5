package io.matriarch.app.acceptance;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Runs commands to their end. */
final class Commands {

    /**
     * What a command left.
     *
     * @param status its exit status
     */
    record Result(List<String> command, int status, String out, String err) {

        /** Fails unless the command succeeded. */
        Result succeeded() {
            if (status != 0) {
                throw new AssertionError(this);
            }
            return this;
        }

        @Override
        public String toString() {
            return String.join(" ", command) + "\nexit status " + status + "\n" + out + err;
        }
    }

    private Commands() {}

    static Result run(String... command) {
        return run(List.of(command), "", Map.of(), Duration.ofSeconds(60));
    }

    /** Runs a command; it is ended, and that is a failure, when it takes longer than {@code limit}. */
    static Result run(List<String> command, String input, Map<String, String> environment, Duration limit) {
        try {
            Path out = Files.createTempFile("matriarch", ".out");
            Path err = Files.createTempFile("matriarch", ".err");
            Path in = Files.writeString(Files.createTempFile("matriarch", ".in"), input);
            try {
                var builder = new ProcessBuilder(command)
                        .redirectInput(in.toFile())
                        .redirectOutput(out.toFile())
                        .redirectError(err.toFile());
                builder.environment().merge("PATH", ":/usr/sbin:/sbin", String::concat);
                builder.environment().putAll(environment);
                Process process = builder.start();
                if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                    process.destroyForcibly();
                    throw new AssertionError("not done within " + limit + ": " + String.join(" ", command) + "\n"
                            + Files.readString(out) + Files.readString(err));
                }
                return new Result(command, process.exitValue(), Files.readString(out), Files.readString(err));
            } finally {
                Files.delete(out);
                Files.delete(err);
                Files.delete(in);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}

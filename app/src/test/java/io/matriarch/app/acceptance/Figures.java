package io.matriarch.app.acceptance;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;

/** What was measured on the way, in {@code target/acceptance/figures.txt}. */
final class Figures {

    private static final Path FILE = Path.of("target", "acceptance", "figures.txt");

    private Figures() {}

    static synchronized void note(String name, List<Duration> values) {
        List<Double> seconds =
                values.stream().map(value -> value.toNanos() / 1e9).sorted().toList();
        String line = String.format(
                "%s: median %.3f s, %.3f to %.3f s, N = %d, all %s%n",
                name,
                seconds.get(seconds.size() / 2),
                seconds.getFirst(),
                seconds.getLast(),
                seconds.size(),
                seconds.stream().map(value -> String.format("%.3f", value)).toList());
        write(line);
    }

    static synchronized void count(String name, long value) {
        write(String.format("%s: %d%n", name, value));
    }

    private static void write(String line) {
        try {
            Files.createDirectories(FILE.getParent());
            Files.writeString(FILE, line, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

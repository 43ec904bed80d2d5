package io.matriarch.adapters.postgres;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What {@code postmaster.pid} says. The postmaster writes it line by line while it starts, so the later ones may be
 * missing.
 *
 * @param pid the postmaster's pid; negative for a single-user server
 * @param startSeconds when it started, seconds since 1970
 * @param shmId the id of its shared memory segment
 * @param status {@code starting}, {@code standby}, {@code ready}, {@code stopping}, or empty
 */
record PidFile(long pid, long startSeconds, OptionalLong shmId, String status) {

    static final String NAME = "postmaster.pid";

    /** Empty when there is none, or nothing readable in it yet. */
    static Optional<PidFile> read(Path dataDirectory) {
        try {
            return parse(Files.readAllLines(dataDirectory.resolve(NAME), StandardCharsets.ISO_8859_1));
        } catch (IOException _) {
            return Optional.empty();
        }
    }

    static Optional<PidFile> parse(List<String> lines) {
        try {
            if (lines.isEmpty()) {
                return Optional.empty();
            }
            long pid = Long.parseLong(lines.get(0).trim());
            long start = lines.size() > 2 ? Long.parseLong(lines.get(2).trim()) : 0;
            return Optional.of(new PidFile(
                    pid, start, segment(lines), lines.size() > 7 ? lines.get(7).trim() : ""));
        } catch (NumberFormatException _) {
            return Optional.empty();
        }
    }

    private static OptionalLong segment(List<String> lines) {
        String[] numbers = lines.size() > 6 ? lines.get(6).trim().split("\\s+") : new String[0];
        return numbers.length == 2 ? OptionalLong.of(Long.parseLong(numbers[1])) : OptionalLong.empty();
    }

    /** Whether connections are accepted: written by the postmaster once it does, by a hot standby once consistent. */
    boolean isReady() {
        return status.equals("ready");
    }
}

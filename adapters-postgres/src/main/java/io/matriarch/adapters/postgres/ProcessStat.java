package io.matriarch.adapters.postgres;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A process as {@code /proc/PID/stat} tells it. Only this file and the link {@code cwd} are read: {@code cmdline} and
 * {@code maps} wait for the process's memory lock and can block for ever (SAF-031).
 *
 * @param pid its id
 * @param command its program's name, cut to 15 characters
 * @param state one letter, {@code Z} and {@code X} for dead
 * @param parent its parent's id
 * @param session its session's id
 * @param startTicks when it started, in clock ticks since the machine did
 */
record ProcessStat(long pid, String command, char state, long parent, long session, long startTicks) {

    private static final Path PROC = Path.of("/proc");
    /** What sysconf(_SC_CLK_TCK) returns on every Linux that Java runs on. */
    private static final long TICKS_PER_SECOND = 100;

    static Optional<ProcessStat> of(long pid) {
        try {
            return parse(new String(
                    Files.readAllBytes(PROC.resolve(Long.toString(pid)).resolve("stat")), StandardCharsets.ISO_8859_1));
        } catch (IOException _) {
            return Optional.empty();
        }
    }

    /** The command stands in parentheses and may itself contain some: the last closing one ends it. */
    static Optional<ProcessStat> parse(String line) {
        int open = line.indexOf('(');
        int close = line.lastIndexOf(')');
        if (open < 1 || close < open) {
            return Optional.empty();
        }
        String[] rest = line.substring(close + 1).trim().split(" ");
        if (rest.length < 20) {
            return Optional.empty();
        }
        return Optional.of(new ProcessStat(
                Long.parseLong(line.substring(0, open).trim()),
                line.substring(open + 1, close),
                rest[0].charAt(0),
                Long.parseLong(rest[1]),
                Long.parseLong(rest[3]),
                Long.parseLong(rest[19])));
    }

    static List<ProcessStat> all() {
        var found = new ArrayList<ProcessStat>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(PROC, "[0-9]*")) {
            for (Path entry : entries) {
                of(Long.parseLong(entry.getFileName().toString())).ifPresent(found::add);
            }
        } catch (IOException | NumberFormatException e) {
            throw new IllegalStateException("cannot list the processes", e);
        }
        return found;
    }

    /** Everything below {@code ancestor} in {@code processes}, the ancestor not included. */
    static List<ProcessStat> descendants(List<ProcessStat> processes, long ancestor) {
        Set<Long> family = new HashSet<>(Set.of(ancestor));
        var found = new ArrayList<ProcessStat>();
        boolean grown = true;
        while (grown) {
            grown = false;
            for (ProcessStat process : processes) {
                if (family.contains(process.parent()) && family.add(process.pid())) {
                    found.add(process);
                    grown = true;
                }
            }
        }
        return found;
    }

    boolean isDead() {
        return state == 'Z' || state == 'X';
    }

    /** Whether it works in that directory, as every process of a server does in its data directory. */
    boolean worksIn(Path directory) {
        try {
            return Files.isSameFile(PROC.resolve(Long.toString(pid)).resolve("cwd"), directory);
        } catch (IOException _) {
            return false;
        }
    }

    /** When it started, in seconds since 1970: exact to about a second. */
    long startSeconds() {
        return bootSeconds() + startTicks / TICKS_PER_SECOND;
    }

    private static long bootSeconds() {
        try {
            for (String line : Files.readAllLines(PROC.resolve("stat"), StandardCharsets.ISO_8859_1)) {
                if (line.startsWith("btime ")) {
                    return Long.parseLong(line.substring(6).trim());
                }
            }
        } catch (IOException e) {
            throw new IllegalStateException("cannot read when the machine started", e);
        }
        throw new IllegalStateException("/proc/stat does not say when the machine started");
    }

    /** Names this start of the machine. */
    static String bootId() {
        try {
            return Files.readString(PROC.resolve("sys/kernel/random/boot_id")).trim();
        } catch (IOException _) {
            return Long.toString(bootSeconds());
        }
    }
}

package io.matriarch.adapters.postgres;

import java.io.FileInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A process as {@code /proc/PID/stat} tells it. Only this file, {@code comm} and the link {@code cwd} are read:
 * {@code cmdline} and {@code maps} wait for the process's memory lock and can block for ever (SAF-031).
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
    /** The name and its end of line. Kernel threads have longer ones; their beginnings do for comparing. */
    private static final int COMMAND_BYTES = 16;
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
        return pids().stream().map(ProcessStat::of).flatMap(Optional::stream).toList();
    }

    /**
     * The processes whose program's name begins so. The name alone is a file of a few bytes, where {@code stat} makes the
     * kernel add up what all threads have used: of hundreds of processes only those that count are asked for it.
     */
    static List<ProcessStat> named(String beginning) {
        return pids().stream()
                .filter(pid -> commandOf(pid).startsWith(beginning))
                .map(ProcessStat::of)
                .flatMap(Optional::stream)
                .toList();
    }

    /** Empty when it has ended meanwhile. */
    private static String commandOf(long pid) {
        try (var stream = new FileInputStream("/proc/" + pid + "/comm")) {
            return new String(stream.readNBytes(COMMAND_BYTES), StandardCharsets.ISO_8859_1).trim();
        } catch (IOException _) {
            return "";
        }
    }

    private static List<Long> pids() {
        String[] entries = PROC.toFile().list((_, name) -> Character.isDigit(name.charAt(0)));
        if (entries == null) {
            throw new IllegalStateException("cannot list the processes");
        }
        return Arrays.stream(entries).map(Long::valueOf).toList();
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

package io.matriarch.adapters.postgres;

import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A postmaster that was seen alive, and the handle on it.
 *
 * @param pid its pid
 * @param startTicks its start, which together with the pid names it
 * @param handle tells when it has ended
 */
record Postmaster(long pid, long startTicks, Pidfd handle) {

    /** How far the time in postmaster.pid and the process's own start may lie apart, in seconds. */
    private static final long TOLERANCE_SECONDS = 3;

    /**
     * The postmaster that {@code postmaster.pid} names, if that process is one: pids are used again after a crash or a
     * restart of the machine, so either the start times agree or the process works in the data directory.
     */
    static Optional<Postmaster> find(Path dataDirectory) {
        return PidFile.read(dataDirectory).filter(file -> file.pid() > 0).flatMap(file -> find(file, dataDirectory));
    }

    private static Optional<Postmaster> find(PidFile file, Path dataDirectory) {
        long self = ProcessHandle.current().pid();
        Optional<Postmaster> opened = open(file.pid());
        boolean ours = opened.isPresent()
                && file.pid() != self
                && ProcessStat.of(file.pid())
                        .filter(stat -> !stat.isDead())
                        .filter(stat -> Math.abs(stat.startSeconds() - file.startSeconds()) < TOLERANCE_SECONDS
                                || stat.command().startsWith("post") && stat.worksIn(dataDirectory))
                        .isPresent();
        if (!ours) {
            opened.ifPresent(postmaster -> postmaster.handle().close());
            return Optional.empty();
        }
        return opened;
    }

    /** A handle on a process just started. */
    static Optional<Postmaster> open(long pid) {
        Optional<Pidfd> handle = Pidfd.open(pid);
        // The start time is read after the handle was opened: whoever it belongs to is the one the handle is on, as
        // long as that one still lives.
        OptionalLong ticks = ProcessStat.of(pid)
                .map(stat -> OptionalLong.of(stat.startTicks()))
                .orElse(OptionalLong.empty());
        if (handle.isEmpty() || ticks.isEmpty()) {
            handle.ifPresent(Pidfd::close);
            return Optional.empty();
        }
        return Optional.of(new Postmaster(pid, ticks.getAsLong(), handle.get()));
    }

    boolean isAlive() {
        return !handle.hasEnded();
    }
}

package io.matriarch.adapters.postgres;

import io.matriarch.domain.postgres.ServerProcess;
import io.matriarch.domain.postgres.StopProof;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The processes of the one server that works in a data directory.
 *
 * <p>The invariant: a {@link StopProof} is made here and nowhere else, and only when the postmaster has ended, nothing is
 * attached to the shared memory it had, and no server process works in the data directory any more (SAF-030). After a
 * kill of the postmaster alone its backends go on committing.
 */
final class ServerProcesses {

    private static final Logger log = LoggerFactory.getLogger(ServerProcesses.class);

    private final Path dataDirectory;
    private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
    private final SegmentMemo segments;

    private Optional<Postmaster> current = Optional.empty();

    ServerProcesses(Path dataDirectory) {
        this.dataDirectory = dataDirectory;
        this.segments = new SegmentMemo(dataDirectory);
    }

    void onExit(Runnable listener) {
        listeners.add(listener);
    }

    /** The living postmaster: the one known, or the one that postmaster.pid names by now. */
    synchronized Optional<Postmaster> postmaster() {
        if (current.filter(Postmaster::isAlive).isEmpty()) {
            current.ifPresent(ended -> ended.handle().close());
            current = Optional.empty();
            Postmaster.find(dataDirectory).ifPresent(this::watch);
        }
        if (current.isPresent()) {
            segments.remember(PidFile.read(dataDirectory));
        }
        return current;
    }

    /** Takes over a postmaster that was just started. */
    synchronized Optional<Postmaster> adopt(long pid) {
        if (current.filter(known -> known.pid() == pid && known.isAlive()).isEmpty()) {
            current.ifPresent(ended -> ended.handle().close());
            current = Optional.empty();
            Postmaster.open(pid).ifPresent(this::watch);
        }
        return current;
    }

    boolean isAlive() {
        return postmaster().isPresent();
    }

    /** Whether a single-user server works in the data directory: its pid stands there with a minus. */
    boolean isSingleUser() {
        return PidFile.read(dataDirectory)
                .filter(file -> file.pid() < 0)
                .flatMap(file -> ProcessStat.of(-file.pid()))
                .filter(stat -> !stat.isDead() && stat.worksIn(dataDirectory))
                .isPresent();
    }

    ServerProcess view() {
        if (isAlive()) {
            return new ServerProcess.Alive();
        }
        return switch (check()) {
            case Check.Proven proven -> new ServerProcess.Stopped(proven.proof());
            case Check.Remains remains -> new ServerProcess.Remains(remains.what());
        };
    }

    /** Why there is no proof, for people. */
    String whatIsLeft() {
        return switch (view()) {
            case ServerProcess.Alive _ -> "the postmaster is alive";
            case ServerProcess.Remains(String what) -> what;
            case ServerProcess.Stopped _ -> "nothing is left of the server";
        };
    }

    Optional<StopProof> proof() {
        return isAlive() || !(check() instanceof Check.Proven proven) ? Optional.empty() : Optional.of(proven.proof());
    }

    /** Waits until the proof can be made; the thread's interruption ends the waiting. */
    Optional<StopProof> awaitProof(Deadline deadline) {
        while (true) {
            Optional<StopProof> proof = proof();
            if (proof.isPresent() || deadline.hasPassed() || !Pause.millis(5)) {
                return proof;
            }
        }
    }

    /**
     * Kills the postmaster first, so that it cannot start anything, then everything it had, and repeats that until
     * nothing is left. PostgreSQL's children have sessions and process groups of their own, so each is killed by itself.
     */
    Optional<StopProof> kill(Deadline deadline) {
        Optional<Postmaster> postmaster = postmaster();
        List<ProcessStat> family = postmaster
                .map(parent -> ProcessStat.descendants(ProcessStat.all(), parent.pid()))
                .orElse(List.of());
        postmaster.ifPresent(parent -> {
            log.warn("sending SIGKILL to the postmaster and its children: pid={}", parent.pid());
            parent.handle().send(Pidfd.Signal.KILL);
        });
        while (true) {
            family.forEach(ServerProcesses::killProcess);
            Optional<StopProof> proof = proof();
            // Interruption does not end this: a kill once begun is finished, or its caller believes in half of it.
            if (proof.isPresent() || deadline.hasPassed()) {
                return proof;
            }
            Pause.uninterruptibly(2);
            family = serverProcesses();
        }
    }

    private static void killProcess(ProcessStat process) {
        signal(process, Pidfd.Signal.KILL);
    }

    /** Sends it to that very process, if it is still there. */
    static void signal(ProcessStat process, Pidfd.Signal signal) {
        Optional<Pidfd> handle = Pidfd.open(process.pid());
        if (handle.isEmpty()) {
            return;
        }
        try (Pidfd opened = handle.get()) {
            // The handle was opened after the list was read: the pid may belong to somebody else by now.
            if (ProcessStat.of(process.pid())
                    .filter(stat -> stat.startTicks() == process.startTicks())
                    .isPresent()) {
                opened.send(signal);
            }
        }
    }

    /** Every process of the server but the postmaster. */
    List<ProcessStat> children() {
        long parent = postmaster().map(Postmaster::pid).orElse(-1L);
        return serverProcesses().stream()
                .filter(process -> process.pid() != parent)
                .toList();
    }

    /** Server processes that work in the data directory, whoever their parent is by now. */
    private List<ProcessStat> serverProcesses() {
        var found = new ArrayList<ProcessStat>();
        for (ProcessStat process : ProcessStat.named("post")) {
            if (!process.isDead() && process.worksIn(dataDirectory)) {
                found.add(process);
            }
        }
        return found;
    }

    private sealed interface Check {
        record Proven(StopProof proof) implements Check {}

        record Remains(String what) implements Check {}
    }

    private Check check() {
        try {
            List<SharedMemory.Segment> held = segments.attached();
            if (!held.isEmpty()) {
                SharedMemory.Segment segment = held.getFirst();
                return new Check.Remains("shared memory segment " + segment.id() + " of the server has "
                        + segment.attached() + " processes attached");
            }
        } catch (IOException e) {
            return new Check.Remains("cannot read who is attached to shared memory: " + e.getMessage());
        }
        List<ProcessStat> left = serverProcesses();
        if (!left.isEmpty()) {
            return new Check.Remains(left.size() + " server processes work in " + dataDirectory + ", one of them pid="
                    + left.getFirst().pid());
        }
        return new Check.Proven(new StopProof("no postmaster, nothing attached to shared memory " + segments.describe()
                + ", no server process in " + dataDirectory));
    }

    /** One thread of the platform a server: it waits in the kernel, where a virtual thread would hold its carrier. */
    private void watch(Postmaster postmaster) {
        current = Optional.of(postmaster);
        Optional<Pidfd> own = Pidfd.open(postmaster.pid());
        Thread.ofPlatform().daemon().name("postmaster-" + postmaster.pid()).start(() -> {
            own.ifPresent(handle -> {
                handle.await(-1);
                handle.close();
            });
            log.info("postmaster has ended: pid={}", postmaster.pid());
            listeners.forEach(ServerProcesses::call);
        });
    }

    private static void call(Runnable listener) {
        try {
            listener.run();
        } catch (RuntimeException e) {
            log.error("a listener of the server's exit failed", e);
        }
    }

    /**
     * The shared memory of the servers that ran here: in memory, and in a file so that an agent that was started again
     * knows it even when postmaster.pid has been removed by hand.
     */
    private static final class SegmentMemo {

        private static final String NAME = "matriarch.server";

        private final Path dataDirectory;
        private long remembered = -1;

        SegmentMemo(Path dataDirectory) {
            this.dataDirectory = dataDirectory;
        }

        synchronized void remember(Optional<PidFile> file) {
            if (file.isEmpty() || file.get().shmId().isEmpty()) {
                return;
            }
            long id = file.get().shmId().getAsLong();
            if (id == remembered) {
                return;
            }
            remembered = id;
            try {
                Files.writeString(dataDirectory.resolve(NAME), place() + " " + id + "\n", StandardCharsets.US_ASCII);
            } catch (IOException e) {
                log.warn("cannot note the server's shared memory segment: {}", e.toString());
            }
        }

        /** Segments of this directory's servers that somebody still has mapped. */
        synchronized List<SharedMemory.Segment> attached() throws IOException {
            // Since PostgreSQL 12 the key is the inode of the data directory, or follows it if that was taken.
            long key = inode() & 0xFFFFFFFFL;
            long inPidFile = PidFile.read(dataDirectory)
                    .flatMap(file ->
                            file.shmId().isPresent() ? Optional.of(file.shmId().getAsLong()) : Optional.empty())
                    .orElse(-1L);
            long inMemo = fromFile();
            List<SharedMemory.Segment> all = SharedMemory.segments();
            return all.stream()
                    .filter(segment -> segment.attached() > 0)
                    .filter(segment -> segment.id() == remembered
                            || segment.id() == inMemo
                            || segment.key() == key
                            || segment.id() == inPidFile && Math.abs(segment.key() - key) < 1000)
                    .toList();
        }

        synchronized String describe() {
            return remembered >= 0 ? Long.toString(remembered) : "of this data directory";
        }

        private long fromFile() {
            try {
                String line = Files.readString(dataDirectory.resolve(NAME), StandardCharsets.US_ASCII)
                        .trim();
                int space = line.lastIndexOf(' ');
                return space > 0 && line.substring(0, space).equals(place())
                        ? Long.parseLong(line.substring(space + 1))
                        : -1;
            } catch (IOException | NumberFormatException _) {
                return -1;
            }
        }

        /** A base backup or pg_rewind copies the file to other places, where it says nothing. */
        private String place() {
            return ProcessStat.bootId() + " " + inode();
        }

        private long inode() {
            try {
                return (Long) Files.getAttribute(dataDirectory, "unix:ino");
            } catch (IOException _) {
                return 0;
            }
        }
    }
}

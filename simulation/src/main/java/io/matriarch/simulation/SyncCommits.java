package io.matriarch.simulation;

import io.matriarch.domain.cluster.MemberName;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The commits of a primary that wait for standbys. As in PostgreSQL every process has loaded
 * {@code synchronous_standby_names} for itself: commits wait while the checkpointer's is not empty, and each WAL sender
 * releases them by its own.
 */
final class SyncCommits {

    /** A commit that is on the primary's disk. */
    private record Waiting(WalNode node, long since, Consumer<Boolean> client) {}

    private final World world;
    private final SimServer server;
    private final Deque<Waiting> waiting = new ArrayDeque<>();

    /** What stands in the file: it survives the processes. */
    private String configured = "";

    private SyncNames checkpointer = SyncNames.NOBODY;
    private String shown = "";
    private SyncNames monitoring = SyncNames.NOBODY;
    private long reloads;

    SyncCommits(World world, SimServer server) {
        this.world = world;
        this.server = server;
    }

    String configured() {
        return configured;
    }

    /** What a new session is shown. */
    String shown() {
        return shown;
    }

    boolean isInUse() {
        return !configured.isEmpty() || !checkpointer.isNobody();
    }

    /** All processes have the file's value from their start on. */
    void started() {
        waiting.clear();
        SyncNames names = SyncNames.parse(configured);
        checkpointer = names;
        monitoring = names;
        shown = configured;
        reloads++;
    }

    /** The processes are gone: nobody learns what became of what they waited for. */
    void ended() {
        List<Waiting> lost = List.copyOf(waiting);
        waiting.clear();
        lost.forEach(one -> one.client().accept(false));
    }

    /** Writes the file and sends SIGHUP; every process loads it when it gets round to it. */
    void configure(String names) {
        configured = names;
        world.onNamesLoaded.accept(server);
        if (server.isDown()) {
            return;
        }
        long mine = ++reloads;
        SyncNames parsed = SyncNames.parse(names);
        long incarnation = server.incarnation();
        soon(mine, incarnation, () -> {
            checkpointer = parsed;
            if (parsed.isNobody()) {
                releaseAll();
            }
        });
        soon(mine, incarnation, () -> {
            monitoring = parsed;
            shown = names;
            world.onNamesLoaded.accept(server);
            server.changed();
        });
        for (SimSender sender : server.senders()) {
            soon(mine, incarnation, () -> {
                sender.load(parsed);
                release(sender);
            });
        }
    }

    private void soon(long reload, long incarnation, Runnable load) {
        world.scheduler.after(world.chance(0.05) ? world.between(100, 2000) : world.between(1, 60), () -> {
            if (reload == reloads && incarnation == server.incarnation()) {
                load.run();
            }
        });
    }

    /** What a WAL sender that starts now has loaded. */
    SyncNames forNewSender() {
        return SyncNames.parse(configured);
    }

    /** A commit is on disk; the client hears true when it is acknowledged, false when the connection ends before. */
    void committed(WalNode node, Consumer<Boolean> client) {
        if (checkpointer.isNobody()) {
            acknowledge(new Waiting(node, world.now(), client));
        } else {
            waiting.add(new Waiting(node, world.now(), client));
        }
    }

    /** How long the oldest commit has waited that still waits. */
    Optional<Duration> waitingFor() {
        return Optional.ofNullable(waiting.peek()).map(one -> Duration.ofNanos(world.now() - one.since()));
    }

    private void releaseAll() {
        List<Waiting> released = List.copyOf(waiting);
        waiting.clear();
        released.forEach(this::acknowledge);
    }

    /** A WAL sender has heard from its standby. */
    void release(SimSender sender) {
        if (waiting.isEmpty() || !server.senders().contains(sender)) {
            return;
        }
        SyncNames names = sender.loaded();
        List<SimSender> chosen = chosen(names);
        if (!chosen.contains(sender) || chosen.size() < names.count()) {
            return;
        }
        List<WalNode> flushed = new ArrayList<>();
        chosen.forEach(one -> flushed.add(one.flushed()));
        flushed.sort(Comparator.comparingLong((WalNode node) -> node.end).reversed());
        WalNode everywhere = flushed.get(names.any() ? names.count() - 1 : flushed.size() - 1);
        while (!waiting.isEmpty() && waiting.peek().node().end <= everywhere.end) {
            acknowledge(waiting.poll());
        }
    }

    private void acknowledge(Waiting one) {
        world.onAcknowledge.accept(server, one.node());
        one.client().accept(true);
    }

    /**
     * Whether no commit goes without this standby as far as anybody can see: by the file, and by what a session is shown.
     * When the checkpointer and the WAL senders load the file is their business, and PostgreSQL tells nobody.
     */
    boolean waitsFor(MemberName standby) {
        return isAmongTheFirst(standby, monitoring) && isAmongTheFirst(standby, SyncNames.parse(configured));
    }

    private static boolean isAmongTheFirst(MemberName standby, SyncNames names) {
        int priority = names.priority(standby.value());
        return priority > 0 && priority <= names.count();
    }

    /** Whether every process has names, so that each commit waits for somebody. */
    boolean isInForce() {
        return !checkpointer.isNobody()
                && !monitoring.isNobody()
                && server.senders().stream().noneMatch(sender -> sender.loaded().isNobody());
    }

    /** Of the standbys that stream and have a priority: for FIRST so many of the first ones, for ANY all of them. */
    private List<SimSender> chosen(SyncNames names) {
        if (names.isNobody()) {
            return List.of();
        }
        List<SimSender> candidates = new ArrayList<>();
        for (SimSender sender : server.senders()) {
            if (sender.priority() > 0 && sender.isStreaming()) {
                candidates.add(sender);
            }
        }
        candidates.sort(Comparator.comparingInt(SimSender::priority));
        return names.any() || candidates.size() <= names.count() ? candidates : candidates.subList(0, names.count());
    }

    /** {@code sync_state} of {@code pg_stat_replication}. */
    String state(SimSender sender) {
        if (sender.priority() == 0 || monitoring.isNobody()) {
            return "async";
        }
        if (chosen(monitoring).contains(sender)) {
            return monitoring.any() ? "quorum" : "sync";
        }
        return "potential";
    }
}

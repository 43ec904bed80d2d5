package io.matriarch.domain.ha;

import io.matriarch.domain.cluster.InitializeKey;
import io.matriarch.domain.cluster.LeaderLock;
import io.matriarch.domain.cluster.Member;
import io.matriarch.domain.cluster.Revision;
import io.matriarch.domain.cluster.Role;
import io.matriarch.domain.postgres.DataDirectory;
import io.matriarch.domain.postgres.ServerState;
import io.matriarch.domain.postgres.StopProof;
import io.matriarch.domain.postgres.Upstream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A data directory with nothing in it: the first start of a cluster, or a new replica. */
final class Bootstrap {

    private Bootstrap() {}

    static Turn emptyDirectory(Situation now) {
        if (now.stopped().isEmpty()) {
            // Its processes may still write to the files they have open: they end before the lock goes (SAF-030).
            return now.turn(Reason.SERVER_REMAINS, List.of("its data directory is gone"), Situation.stopAtOnce("stop"));
        }
        if (now.holdsLock()) {
            return now.turn(
                    Reason.DIRECTORY_LOST_AS_LEADER,
                    List.of("empty"),
                    new Decision.DisarmWatchdog(),
                    new Decision.ReleaseLeaderLock(now.stopped(), Optional.empty()));
        }
        if (now.settings().paused()) {
            return now.turn(Reason.DIRECTORY_EMPTY_PAUSED);
        }
        return switch (now.cluster().leaderLock()) {
            case LeaderLock.Held _ -> Requests.reinitialize(now).orElseGet(() -> copy(now));
            case LeaderLock.Free _ -> mayInitialize(now) ? initialize(now) : now.turn(Reason.WAITING_FOR_LEADER);
        };
    }

    static Turn inaccessible(Situation now, String why) {
        if (now.holdsLock()) {
            // Its processes may still write to what is no longer visible: they end before the lock goes.
            return now.stopped().isPresent()
                    ? now.turn(
                            Reason.DIRECTORY_LOST_AS_LEADER,
                            List.of("not accessible"),
                            new Decision.DisarmWatchdog(),
                            new Decision.ReleaseLeaderLock(now.stopped(), Optional.empty()))
                    : now.turn(Reason.DIRECTORY_INACCESSIBLE, List.of(why), Situation.stopAtOnce("stop"));
        }
        return now.turn(Reason.DIRECTORY_INACCESSIBLE, List.of(why));
    }

    private static Turn initialize(Situation now) {
        return switch (now.cluster().initialize()) {
            case InitializeKey.Absent _ ->
                Turn.of(
                        now.state().withBootstrap(BootstrapStep.ASKED, Optional.empty()),
                        Reason.ASKING_TO_BOOTSTRAP,
                        new Decision.CreateInitializeKey());
            case InitializeKey.InProgress(Revision revision) when !somebodyInitializes(now) -> abandoned(now, revision);
            case InitializeKey.InProgress _, InitializeKey.Done _, InitializeKey.Invalid _ ->
                Turn.of(now.state().withAbandonedKey(Optional.empty()), Reason.WAITING_FOR_LEADER);
        };
    }

    /** Whoever initializes shows it: his key lasts for a ttl after his last turn. */
    private static boolean somebodyInitializes(Situation now) {
        return now.cluster().members().stream()
                .filter(member -> !member.name().equals(now.self()))
                .anyMatch(member -> member.role().map(Role::isPrimary).orElse(false)
                        || ServerState.parse(member.state())
                                .map(ServerState::isInitializing)
                                .orElse(false));
    }

    /**
     * Its maker has died, or never learnt that it is his. Taking it back is safe whatever he does: a bootstrap ends with a
     * transaction that asks for the very key it began with (SAF-018).
     */
    private static Turn abandoned(Situation now, Revision revision) {
        HaState.AbandonedKey key = now.state()
                .abandonedKey()
                .filter(known -> known.revision().equals(revision))
                .orElseGet(() -> new HaState.AbandonedKey(revision, now.seen().now()));
        Duration patience = now.settings().ttl().multipliedBy(2);
        return now.seen().now().since(key.since()).compareTo(patience) < 0
                ? Turn.of(now.state().withAbandonedKey(Optional.of(key)), Reason.WAITING_FOR_LEADER)
                : Turn.of(
                        now.state().withAbandonedKey(Optional.empty()),
                        Reason.TAKING_BACK_INITIALIZE,
                        List.of(Long.toString(patience.toSeconds())),
                        new Decision.CancelInitializeKey(revision));
    }

    private static boolean mayInitialize(Situation now) {
        return !now.seen().tags().nofailover() && now.settings().mayBootstrap();
    }

    /** From a running member that is tagged for it, else from the leader. */
    private static Turn copy(Situation now) {
        Optional<Member> replica = now.cluster().members().stream()
                .filter(member -> member.isRunning()
                        && member.tags().clonefrom()
                        && member.connUrl().isPresent())
                .filter(member -> !member.name().equals(now.self()))
                .filter(member ->
                        now.cluster().leaderName().filter(member.name()::equals).isEmpty())
                .findFirst();
        Optional<Upstream.Of> leader = now.otherLeader().flatMap(Situation::asUpstream);
        if (replica.isPresent()) {
            Upstream.Of source = Situation.asUpstream(replica.get()).orElseThrow();
            String label = "bootstrap from replica '" + source.name() + "'";
            return now.turn(
                    Reason.COPYING_FROM_REPLICA,
                    List.of(source.name().value()),
                    new Decision.CopyFrom(source, label, "the data directory is empty"));
        }
        if (leader.isPresent()) {
            String label = "bootstrap from leader '" + leader.get().name() + "'";
            return now.turn(
                    Reason.COPYING_FROM_LEADER,
                    List.of(leader.get().name().value()),
                    new Decision.CopyFrom(leader.get(), label, "the data directory is empty"));
        }
        return now.turn(Reason.WAITING_FOR_LEADER);
    }

    /** The next step of a bootstrap that this process has begun. */
    static Turn goOn(Situation now) {
        return switch (now.state().bootstrapStep()) {
            case NONE, ASKED -> answered(now);
            case INITIALIZING -> now.turn(Reason.BOOTSTRAPPING, new Decision.InitializeDatabase());
            case CREATING_ROLES ->
                now.isPrimary()
                        ? now.turn(Reason.BOOTSTRAP_CREATING_ROLES, new Decision.RunPostBootstrap())
                        : waitOrFail(now);
            case TAKING_LOCK -> takeLock(now);
            case FAILED -> undo(now);
        };
    }

    /** We have asked for the initialize key: it is ours only with the very revision that our write gave it. */
    private static Turn answered(Situation now) {
        Optional<Revision> created = now.seen().initializeCreated();
        boolean ours = now.cluster().initialize() instanceof InitializeKey.InProgress(Revision revision)
                && created.filter(revision::equals).isPresent();
        return ours
                ? Turn.of(
                        now.state().withBootstrap(BootstrapStep.INITIALIZING, created),
                        Reason.BOOTSTRAPPING,
                        new Decision.InitializeDatabase())
                : Turn.of(now.state().withBootstrap(BootstrapStep.NONE, Optional.empty()), Reason.BOOTSTRAP_LOST_RACE);
    }

    /** The key first, so that others can begin whatever becomes of the directory; each only if it is still there. */
    static List<Decision> takenBack(Situation now, StopProof proof) {
        List<Decision> decisions = new ArrayList<>();
        now.state()
                .bootstrapKey()
                .or(() -> now.seen().initializeCreated())
                .filter(now.cluster().initialize().revision()::equals)
                .filter(_ -> now.cluster().initialize() instanceof InitializeKey.InProgress)
                .ifPresent(key -> decisions.add(new Decision.CancelInitializeKey(key)));
        if (now.postgres().directory() instanceof DataDirectory.Present) {
            decisions.add(new Decision.SetDataDirectoryAside(proof));
        }
        return decisions;
    }

    private static Turn waitOrFail(Situation now) {
        return now.stopped().isPresent()
                ? undo(now.with(now.state()
                        .withBootstrap(BootstrapStep.FAILED, now.state().bootstrapKey())))
                : now.turn(Reason.BOOTSTRAP_WAITING_FOR_RECOVERY);
    }

    private static Turn takeLock(Situation now) {
        if (now.holdsLock()) {
            return Turn.of(
                    now.state()
                            .withBootstrap(BootstrapStep.NONE, Optional.empty())
                            .withJoined(),
                    Reason.BOOTSTRAP_DONE,
                    new Decision.EndBootstrap(),
                    new Decision.RenewLeaderLock(),
                    new Decision.ArmGuard(),
                    new Decision.ArmWatchdog());
        }
        boolean written = now.cluster().initialize() instanceof InitializeKey.Done(var identifier, var _)
                && now.postgres().systemIdentifier().equals(Optional.of(identifier));
        if (written) {
            // The answer was lost, the transaction was not: the cluster is this one. The lock is sorted out as ever.
            return now.with(now.state()
                            .withBootstrap(BootstrapStep.NONE, Optional.empty())
                            .withJoined())
                    .turn(Reason.BOOTSTRAP_DONE, new Decision.EndBootstrap());
        }
        boolean stillOurs = now.cluster().initialize().revision().exists()
                && now.state()
                        .bootstrapKey()
                        .filter(now.cluster().initialize().revision()::equals)
                        .isPresent();
        if (!stillOurs
                || now.cluster().isLocked()
                || now.postgres().systemIdentifier().isEmpty()) {
            return undo(now.with(
                    now.state().withBootstrap(BootstrapStep.FAILED, now.state().bootstrapKey())));
        }
        if (now.seen().watchdog().required() && !now.seen().watchdog().usable()) {
            return undo(now.with(now.state()
                            .withBootstrap(BootstrapStep.FAILED, now.state().bootstrapKey())))
                    .with(List.of(Note.error("Cancelling bootstrap because watchdog activation failed")));
        }
        return now.turn(
                Reason.BOOTSTRAP_TAKING_LOCK,
                new Decision.InitializeCluster(
                        now.state().bootstrapKey().get(),
                        now.postgres().systemIdentifier().get(),
                        now.epochOfPrimary()));
    }

    /** Stop, move the half-made directory aside, take the key back, end: an operator has to look at it. */
    private static Turn undo(Situation now) {
        if (now.stopped().isEmpty()) {
            return now.turn(Reason.BOOTSTRAP_FAILED, Situation.stopAtOnce("stop after failed bootstrap"));
        }
        List<Decision> decisions = new ArrayList<>(takenBack(now, now.stopped().get()));
        decisions.add(new Decision.Exit(1, "Failed to bootstrap cluster"));
        return new Turn(now.state(), Reason.BOOTSTRAP_FAILED, List.of(), List.of(), decisions);
    }
}

package io.matriarch.domain.ha;

import io.matriarch.domain.cluster.InitializeKey;
import io.matriarch.domain.cluster.LeaderLock;
import io.matriarch.domain.cluster.Member;
import io.matriarch.domain.cluster.Revision;
import io.matriarch.domain.cluster.Role;
import io.matriarch.domain.postgres.DataDirectory;
import io.matriarch.domain.postgres.ServerState;
import io.matriarch.domain.postgres.StandbyCluster;
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
            case LeaderLock.Free _ -> mayInitialize(now) ? initialize(now) : withoutLeader(now);
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
                withoutLeader(now.with(now.state().withAbandonedKey(Optional.empty())));
        };
    }

    /** Some methods need nobody to copy from; while a new cluster is being made, there is nothing yet that they could find. */
    private static Turn withoutLeader(Situation now) {
        return now.settings().leaderlessCopy() && !(now.cluster().initialize() instanceof InitializeKey.InProgress)
                ? now.turn(
                        Reason.COPYING_WITHOUT_LEADER,
                        new Decision.CopyFrom(
                                new Upstream.Nobody(), "bootstrap (without leader)", "the data directory is empty"))
                : waiting(now);
    }

    private static Turn waiting(Situation now) {
        return now.turn(
                now.settings().isStandbyCluster() ? Reason.WAITING_FOR_STANDBY_LEADER : Reason.WAITING_FOR_LEADER);
    }

    /** Whoever initializes shows it: his key lasts for a ttl after his last turn. */
    private static boolean somebodyInitializes(Situation now) {
        return now.cluster().members().stream()
                .filter(member -> !member.name().equals(now.self()))
                .anyMatch(member -> member.role()
                                .map(role -> role.isPrimary() || role == Role.STANDBY_LEADER)
                                .orElse(false)
                        || ServerState.parse(member.state())
                                .map(state -> state.isInitializing() || state == ServerState.CREATING_REPLICA)
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
        Optional<Upstream.Source> leader = Upstreams.copyOfLeader(now);
        if (replica.isPresent()) {
            Upstream.Source source = Upstreams.copy(now, replica.get()).orElseThrow();
            String label = "bootstrap from replica '" + source.title() + "'";
            return now.turn(
                    Reason.COPYING_FROM_REPLICA,
                    List.of(source.title()),
                    new Decision.CopyFrom(source, label, "the data directory is empty"));
        }
        if (leader.isPresent()) {
            String label = "bootstrap from leader '" + leader.get().title() + "'";
            return now.turn(
                    Reason.COPYING_FROM_LEADER,
                    List.of(leader.get().title()),
                    new Decision.CopyFrom(leader.get(), label, "the data directory is empty"));
        }
        return waiting(now);
    }

    /** The next step of a bootstrap that this process has begun. */
    static Turn goOn(Situation now) {
        return switch (now.state().bootstrapStep()) {
            case NONE, ASKED -> answered(now);
            case INITIALIZING ->
                now.settings().isStandbyCluster() && now.holdsLock() ? takeLock(now) : make(now, now.state());
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
                ? make(now, now.state().withBootstrap(BootstrapStep.INITIALIZING, created))
                : Turn.of(now.state().withBootstrap(BootstrapStep.NONE, Optional.empty()), Reason.BOOTSTRAP_LOST_RACE);
    }

    /** A standby cluster begins with a copy of what it follows. */
    private static Turn make(Situation now, HaState next) {
        return now.settings()
                .standbyCluster()
                .map(other -> Turn.of(
                        next,
                        Reason.BOOTSTRAPPING_STANDBY_LEADER,
                        new Decision.CopyFrom(
                                new Upstream.Remote(other), "bootstrap_standby_leader", "the data directory is empty")))
                .orElseGet(() -> Turn.of(next, Reason.BOOTSTRAPPING, new Decision.InitializeDatabase()));
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
        return now.stopped().isPresent() ? failed(now) : now.turn(Reason.BOOTSTRAP_WAITING_FOR_RECOVERY);
    }

    /** The cluster is there only once its server runs. */
    private static Turn startStandbyLeader(Situation now, StandbyCluster other) {
        return now.state().startFailed()
                ? failed(now)
                : now.turn(
                        Reason.STARTING_NEW_STANDBY_LEADER,
                        new Decision.StartStandby(
                                new Upstream.Remote(other),
                                Role.STANDBY_LEADER,
                                now.settings().pgCtlTimeout(),
                                "bootstrap_standby_leader"));
    }

    private static Turn failed(Situation now) {
        return undo(now.with(
                now.state().withBootstrap(BootstrapStep.FAILED, now.state().bootstrapKey())));
    }

    private static Turn takeLock(Situation now) {
        Optional<StandbyCluster> other = now.settings().standbyCluster();
        if (other.isPresent() && now.stopped().isPresent()) {
            return startStandbyLeader(now, other.get());
        }
        if (now.holdsLock()) {
            Situation done = now.with(now.state()
                    .withBootstrap(BootstrapStep.NONE, Optional.empty())
                    .withJoined());
            return now.isGuarded()
                    ? done.turn(
                            Reason.BOOTSTRAP_DONE,
                            new Decision.EndBootstrap(),
                            new Decision.RenewLeaderLock(),
                            new Decision.ArmGuard(),
                            new Decision.ArmWatchdog())
                    : done.turn(Reason.BOOTSTRAP_DONE, new Decision.EndBootstrap(), new Decision.RenewLeaderLock());
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
            return failed(now);
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
                        other.isPresent() && !now.isPrimary()
                                ? now.epochOfPromotion(now.self())
                                : now.epochOfPrimary()));
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

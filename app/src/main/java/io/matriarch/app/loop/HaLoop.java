package io.matriarch.app.loop;

import io.matriarch.app.store.ClusterCodec;
import io.matriarch.domain.cluster.Lease;
import io.matriarch.domain.cluster.Member;
import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.failsafe.FailsafePace;
import io.matriarch.domain.ha.DcsView;
import io.matriarch.domain.ha.Decision;
import io.matriarch.domain.ha.HaCycle;
import io.matriarch.domain.ha.HaState;
import io.matriarch.domain.ha.LeaseView;
import io.matriarch.domain.ha.Note;
import io.matriarch.domain.ha.Observation;
import io.matriarch.domain.ha.Reason;
import io.matriarch.domain.ha.SyncRelease;
import io.matriarch.domain.ha.Synchronous;
import io.matriarch.domain.ha.Turn;
import io.matriarch.domain.time.LeaseLadder;
import io.matriarch.domain.time.MonotonicTime;
import io.matriarch.ports.dcs.Dcs;
import io.matriarch.ports.dcs.StoreSnapshot;
import io.matriarch.ports.dcs.WriteResult;
import io.matriarch.ports.postgres.ServerReport;
import io.matriarch.ports.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Observe, decide, carry out. It owns the memory of the decisions; whoever drives it (a thread, a simulation) calls
 * {@link #turn} when its time has come or something has happened.
 */
public final class HaLoop {

    private static final Logger log = LoggerFactory.getLogger(HaLoop.class);

    private static final Duration AFTER_A_BUG = Duration.ofSeconds(1);

    private final MemberName self;
    private final Observer observer;
    private final DecisionInterpreter interpreter;
    private final Dcs dcs;
    private final LeaseKeeper keeper;
    private final Clock clock;
    private final Function<Observation, Member> report;
    private HaState state = HaState.INITIAL;
    private List<Decision> lastDecisions = List.of();
    private String lastSentence = "";
    private MonotonicTime lastSaid = MonotonicTime.ofNanos(0);
    private volatile boolean shutdown;
    private volatile Optional<AgentView> view = Optional.empty();
    private Optional<Published> published = Optional.empty();
    private boolean stranger;
    private Optional<StoreSnapshot> lastRead = Optional.empty();
    private Instant dcsLastSeen = Instant.EPOCH;
    private boolean storeAnswers = true;

    /** What this member has last shown of itself, positions left out, when, and in the turn that saw what. */
    private record Published(Member member, MonotonicTime at, Observation in) {}

    HaLoop(
            MemberName self,
            Observer observer,
            DecisionInterpreter interpreter,
            Dcs dcs,
            LeaseKeeper keeper,
            Clock clock,
            Function<Observation, Member> report) {
        this.self = self;
        this.observer = observer;
        this.interpreter = interpreter;
        this.dcs = dcs;
        this.keeper = keeper;
        this.clock = clock;
        this.report = report;
    }

    /** From the next turn on, the agent is to end. */
    public void requestShutdown() {
        shutdown = true;
    }

    /** The exit status once the loop is to end; no turn follows then. */
    public OptionalInt exit() {
        return interpreter.exit();
    }

    /** What the last turn saw; empty before the first one has ended. */
    public Optional<AgentView> view() {
        return view;
    }

    /**
     * One turn that ends whatever goes wrong in it. The mandate of the renewals ends by itself if turns go on to fail;
     * the lease guard does the rest.
     *
     * @return when the next one is due at the latest
     */
    public Duration steadyTurn() {
        try {
            return turn();
        } catch (RuntimeException e) {
            log.error("Unexpected exception raised, please report it as a BUG", e);
            return AFTER_A_BUG;
        }
    }

    /**
     * One turn.
     *
     * @return when the next one is due at the latest; zero for at once
     */
    public Duration turn() {
        MonotonicTime began = clock.now();
        Observer.Seen seen = observer.observe(state, shutdown);
        Observation observation = seen.observation();
        keeper.signOfLife();
        HaState before = state;
        Turn turn = HaCycle.decide(before, observation);
        state = turn.next();
        say(turn, observation);
        stranger = observation.nameTaken() || turn.reason() == Reason.SLOT_NAME_TAKEN;
        appear(observation);
        boolean changed = carryOut(turn, observation) || onlyMovedOn(before, turn);
        // What is decided again right after it was done has not had the effect it should: that is no reason to hurry.
        boolean soon = changed && !turn.decisions().equals(lastDecisions);
        lastDecisions = turn.decisions();
        if (storeAnswers) {
            publish(observation);
        }
        keeper.signOfLife();
        ServerReport account = observer.report(observation);
        keeper.signOfLife();
        Duration next = soon ? Duration.ZERO : nextWithin(observation, began);
        remember(seen, turn, account, next);
        return next;
    }

    /** A phase of a hand-over has ended with nothing to carry out: what follows from that need not wait. */
    private static boolean onlyMovedOn(HaState before, Turn turn) {
        return turn.decisions().isEmpty()
                && !before.handover().equals(turn.next().handover());
    }

    /** Runs the decisions in order until one is not done. True if the world has changed, so that a turn should follow. */
    private boolean carryOut(Turn turn, Observation seen) {
        boolean changed = false;
        storeAnswers = true;
        for (Decision decision : turn.decisions()) {
            Outcome outcome = interpreter.carryOut(decision, seen);
            keeper.signOfLife();
            switch (outcome) {
                case Outcome.Done _ -> changed |= changesTheWorld(decision) || takesOver(decision, seen);
                case Outcome.Started(String task) -> {
                    log.debug("began {}", task);
                    return false;
                }
                case Outcome.NoAnswer(String why) -> {
                    log.warn("{}", why);
                    // Each further call would wait as long for nothing.
                    storeAnswers = false;
                    return changed;
                }
                case Outcome.Failed(String why) -> {
                    log.warn("{}", why);
                    // A lost lease is seen by the next turn at once: the keeper has rung for it.
                    return changed;
                }
            }
            if (interpreter.exit().isPresent()) {
                return false;
            }
        }
        return changed;
    }

    /** The first renewal of a lock that was handed over makes it ours: the promotion must not wait for the next timer. */
    private static boolean takesOver(Decision decision, Observation seen) {
        return decision instanceof Decision.RenewLeaderLock && !(seen.lease() instanceof LeaseView.Mine);
    }

    private static boolean changesTheWorld(Decision decision) {
        return switch (decision) {
            case Decision.RenewLeaderLock _,
                    Decision.ArmGuard _,
                    Decision.DisarmGuard _,
                    Decision.PauseGuard _,
                    Decision.ArmWatchdog _,
                    Decision.KeepWatchdogAlive _,
                    Decision.DisarmWatchdog _,
                    Decision.WriteStatus _,
                    Decision.PublishHistory _,
                    Decision.WriteFailsafe _,
                    Decision.ProlongLease _,
                    Decision.RestoreConfig _,
                    Decision.ChangeSlots _,
                    Decision.ForceFeedback _,
                    Decision.MarkDemoted _,
                    Decision.EndBootstrap _,
                    Decision.ResumeReplay _,
                    Decision.AbortTask _ -> false;
            case Decision.OnLock _, Decision.OnPostgres _, Decision.OnDcs _, Decision.OnPeers _, Decision.OnAgent _ ->
                true;
        };
    }

    /** Whose key is missing is nobody for the others: that comes before anything the turn has decided. */
    private void appear(Observation seen) {
        if (seen.dcs() instanceof DcsView.Read(var cluster)
                && cluster.member(self).isEmpty()) {
            publish(seen);
            keeper.signOfLife();
        }
    }

    /**
     * Every member shows itself once a loop, and at once when there is news: the turns between, which events have begun,
     * cost the store nothing. A key that is another process's is left alone, and who does not begin shows nothing.
     */
    private void publish(Observation seen) {
        if (!(seen.dcs() instanceof DcsView.Read(var cluster)) || stranger) {
            return;
        }
        Member now = SyncRelease.shown(report.apply(seen), state);
        boolean shown = published
                .filter(last ->
                        clock.now().since(last.at()).compareTo(seen.settings().loopWait()) < 0)
                .map(Published::member)
                .filter(now.withoutPositions()::equals)
                .isPresent();
        if (shown && (cluster.member(self).isPresent() || published.get().in() == seen)) {
            return;
        }
        WriteResult result = dcs.publishMember(self, ClusterCodec.encodeMember(now));
        published = Optional.empty();
        switch (result) {
            case WriteResult.Done _ ->
                published = Optional.of(new Published(now.withoutPositions(), clock.now(), seen));
            case WriteResult.Refused(String why) -> log.warn("could not publish this member: {}", why);
            case WriteResult.Unknown(String why) -> log.warn("no answer on publishing this member: {}", why);
        }
    }

    /**
     * One loop after the turn began; a held lease has a rung before which there must be a turn, and a scheduled
     * switchover has its time.
     */
    private Duration nextWithin(Observation seen, MonotonicTime began) {
        Duration next = seen.settings().loopWait().minus(clock.now().since(began));
        if (!next.isPositive()) {
            log.warn("Loop time exceeded, rescheduling immediately.");
            return Duration.ZERO;
        }
        if (keeper.view() instanceof LeaseView.Mine(Lease lease)) {
            Duration toRung = clock.now()
                    .until(LeaseLadder.of(seen.settings().ttl()).cleanStopAt(lease.deadline()))
                    .plusMillis(1);
            if (toRung.isPositive() && toRung.compareTo(next) < 0) {
                next = toRung;
            }
            if (seen.settings().failsafe() && seen.dcs() instanceof DcsView.Unreachable) {
                Duration pause = FailsafePace.pause(seen.settings(), toRung);
                next = pause.compareTo(next) < 0 ? pause : next;
            }
        }
        Duration soonest = next;
        Optional<Duration> toLook = Synchronous.lookAgainWithin(state, seen);
        if (toLook.filter(wait -> wait.compareTo(soonest) < 0).isPresent()) {
            next = toLook.get();
        }
        if (seen.dcs() instanceof DcsView.Read(var cluster)) {
            Optional<Duration> toSchedule = cluster.request()
                    .flatMap(request -> request.scheduledAt())
                    .map(at -> Duration.between(seen.wallClock(), at).plusMillis(1));
            if (toSchedule.isPresent()
                    && toSchedule.get().isPositive()
                    && toSchedule.get().compareTo(next) < 0) {
                next = toSchedule.get();
            }
        }
        return next;
    }

    private void say(Turn turn, Observation seen) {
        for (Note note : turn.notes()) {
            switch (note.level()) {
                case INFO -> log.info("{}", note.text());
                case WARNING -> log.warn("{}", note.text());
                case ERROR -> log.error("{}", note.text());
            }
        }
        String sentence = (seen.settings().paused() ? "PAUSE: " : "") + turn.sentence();
        if (!sentence.equals(lastSentence) || isHeartbeat(turn.reason()) && isHeartbeatDue(seen)) {
            lastSaid = clock.now();
            log.info("{}", sentence);
        } else {
            log.debug("{}", sentence);
        }
        lastSentence = sentence;
    }

    /** The turns that only look after synchronous standbys come too often to be worth a line each. */
    private boolean isHeartbeatDue(Observation seen) {
        return !seen.settings().sync().isOn()
                || clock.now().since(lastSaid).compareTo(seen.settings().loopWait()) >= 0;
    }

    /** The lines an operator expects once a turn. */
    private static boolean isHeartbeat(Reason reason) {
        return reason == Reason.LEADER_WITH_LOCK
                || reason == Reason.FOLLOWING_LEADER
                || reason == Reason.STANDBY_LEADER_WITH_LOCK
                || reason == Reason.FOLLOWING_STANDBY_LEADER;
    }

    private void remember(Observer.Seen seen, Turn turn, ServerReport account, Duration next) {
        if (seen.snapshot().isPresent()) {
            lastRead = seen.snapshot();
            dcsLastSeen = seen.observation().wallClock();
        } else {
            lastRead = Optional.empty();
        }
        view = Optional.of(new AgentView(
                seen.observation(),
                state,
                turn.reason(),
                lastSentence,
                account,
                lastRead,
                dcsLastSeen,
                clock.now(),
                next));
    }
}

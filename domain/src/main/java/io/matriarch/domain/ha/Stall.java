package io.matriarch.domain.ha;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A primary that holds the lock and shows no sign that it can write (W-2).
 *
 * <p>A process that exists is no proof of service: on storage that hangs it exists for ever, and the lock with it. After
 * half of {@code primary_hang_timeout} a commit is tried, once a loop; at its end the server is stopped at once, if
 * another member is fit to take over.
 */
final class Stall {

    private Stall() {}

    static Optional<Turn> decide(Situation now) {
        Duration limit = now.settings().primaryHangTimeout();
        Optional<Duration> stalled = now.postgres().stalled();
        if (limit.isZero()
                || stalled.isEmpty()
                || stalled.get().compareTo(limit.dividedBy(2)) < 0
                || !(now.seen().task() instanceof TaskView.Idle)) {
            return Optional.empty();
        }
        boolean over = stalled.get().compareTo(limit) >= 0;
        return over && probeHasFailed(now) ? giveUp(now, stalled.get()) : Optional.of(probe(now, stalled.get()));
    }

    private static boolean probeHasFailed(Situation now) {
        return now.state()
                .failedTask()
                .filter(failed -> failed.kind() == TaskKind.PROBE_WRITE)
                .isPresent();
    }

    private static Turn probe(Situation now, Duration stalled) {
        List<Decision> decisions = held();
        decisions.add(new Decision.ProbeWrite(now.settings().retryTimeout()));
        return new Turn(
                now.state(),
                Reason.PROBING_STALLED_PRIMARY,
                List.of(Long.toString(stalled.toSeconds())),
                List.of(),
                decisions);
    }

    private static Optional<Turn> giveUp(Situation now, Duration stalled) {
        Candidates candidates = Candidates.of(now, Optional.empty());
        if (!candidates.members().isEmpty() && now.seen().peers().isEmpty()) {
            List<Decision> decisions = held();
            decisions.add(new Decision.PollMembers(candidates.members(), Optional.empty()));
            return Optional.of(new Turn(now.state(), Reason.POLLING_MEMBERS, List.of(), List.of(), decisions));
        }
        Candidates.Fit fit = candidates.fit("hang of the primary", now);
        if (fit.members().isEmpty()) {
            // Nobody could do better, and it may recover by itself.
            return Optional.empty();
        }
        return Optional.of(Turn.of(
                        now.state().withStartFailed(true),
                        Reason.PRIMARY_HANGS,
                        List.of(Long.toString(stalled.toSeconds())),
                        new Decision.RenewLeaderLock(),
                        Situation.stopAtOnce("demote"))
                .with(fit.notes()));
    }

    private static List<Decision> held() {
        var decisions = new ArrayList<Decision>();
        decisions.add(new Decision.RenewLeaderLock());
        decisions.add(new Decision.ArmGuard());
        decisions.add(new Decision.KeepWatchdogAlive());
        return decisions;
    }
}

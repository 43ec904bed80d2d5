package io.matriarch.app.rest;

import io.matriarch.app.config.LiveConfig;
import io.matriarch.app.loop.AgentView;
import io.matriarch.domain.cluster.Role;
import io.matriarch.domain.time.MonotonicTime;
import java.time.Duration;

/** {@code /liveness} and {@code /readiness}: a code and nothing else. */
final class Liveness {

    private final RestAgent agent;
    private final LiveConfig live;
    private final Snapshots snapshots;
    private final MonotonicTime began;

    Liveness(RestAgent agent, LiveConfig live, Snapshots snapshots) {
        this.agent = agent;
        this.live = live;
        this.snapshots = snapshots;
        this.began = agent.clock().now();
    }

    /** Whether the loop turns: paused, nobody shall restart the agent because it does not. */
    boolean alive() {
        Snapshots.Moment now = snapshots.now();
        if (now.standing().paused()) {
            return true;
        }
        Duration ttl = live.effective().timings().ttl();
        boolean runningPrimary =
                now.standing().role() == Role.PRIMARY && now.standing().isRunning();
        Duration patience = runningPrimary ? ttl : ttl.multipliedBy(2);
        MonotonicTime due =
                now.view().map(view -> view.endedAt().plus(nextWithin(view))).orElse(began);
        return !agent.clock().now().hasReached(due.plus(patience));
    }

    private static Duration nextWithin(AgentView view) {
        return view.nextWithin().isNegative() ? Duration.ZERO : view.nextWithin();
    }

    boolean ready(Query query) {
        Snapshots.Moment now = snapshots.now();
        return now.check()
                .ready(query, now.failsafe(), live.effective().settings().maximumLagOnFailoverBytes());
    }
}

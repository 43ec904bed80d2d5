package io.matriarch.app.loop;

import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.failsafe.FailsafeRound;
import io.matriarch.domain.ha.Decision;
import io.matriarch.domain.time.MonotonicTime;
import io.matriarch.ports.member.PeerClient;
import io.matriarch.ports.time.Clock;
import java.time.Duration;
import java.util.function.Supplier;

/** Carries out what is decided on other members. */
final class PeerActions {

    private final PeerClient peers;
    private final PostgresActions tasks;
    private final Observer observer;
    private final MemberName self;
    private final Supplier<Duration> patience;
    private final Clock clock;

    PeerActions(
            PeerClient peers,
            PostgresActions tasks,
            Observer observer,
            MemberName self,
            Supplier<Duration> patience,
            Clock clock) {
        this.peers = peers;
        this.tasks = tasks;
        this.observer = observer;
        this.self = self;
        this.patience = patience;
        this.clock = clock;
    }

    Outcome carryOut(Decision.OnPeers decision) {
        return switch (decision) {
            case Decision.PollMembers(var members, var suspect) -> {
                observer.polled(peers.poll(members, suspect, patience.get()));
                yield new Outcome.Done();
            }
            case Decision.AskFailsafe(var members, var claim, var lease, var each) -> {
                MonotonicTime began = clock.now();
                var answers = peers.askFailsafe(members, claim, each);
                observer.agreed(new FailsafeRound(lease, began, claim.ttl().orElse(Duration.ZERO), answers));
                yield new Outcome.Done();
            }
            case Decision.AwaitCandidate wait -> tasks.awaitCandidate(wait, self);
        };
    }
}

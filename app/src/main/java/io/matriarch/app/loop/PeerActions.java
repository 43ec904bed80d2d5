package io.matriarch.app.loop;

import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.ha.Decision;
import io.matriarch.ports.member.PeerClient;
import java.time.Duration;
import java.util.function.Supplier;

/** Carries out what is decided on other members. */
final class PeerActions {

    private final PeerClient peers;
    private final PostgresActions tasks;
    private final Observer observer;
    private final MemberName self;
    private final Supplier<Duration> patience;

    PeerActions(
            PeerClient peers, PostgresActions tasks, Observer observer, MemberName self, Supplier<Duration> patience) {
        this.peers = peers;
        this.tasks = tasks;
        this.observer = observer;
        this.self = self;
        this.patience = patience;
    }

    Outcome carryOut(Decision.OnPeers decision) {
        return switch (decision) {
            case Decision.PollMembers(var members, var suspect) -> {
                observer.polled(peers.poll(members, suspect, patience.get()));
                yield new Outcome.Done();
            }
            case Decision.AwaitCandidate wait -> tasks.awaitCandidate(wait, self);
        };
    }
}

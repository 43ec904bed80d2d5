package io.matriarch.app.peer;

import io.matriarch.app.config.AgentConfig;
import io.matriarch.domain.cluster.Member;
import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.ha.HandoverAnswer;
import io.matriarch.domain.ha.PeerAnswer;
import io.matriarch.domain.postgres.Lsn;
import io.matriarch.domain.postgres.Timeline;
import io.matriarch.ports.member.PeerClient;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** Asks the other members over HTTP. */
public final class HttpPeerClient implements PeerClient {

    private final Supplier<AgentConfig> config;

    public HttpPeerClient(Supplier<AgentConfig> config) {
        this.config = config;
    }

    @Override
    public List<PeerAnswer> poll(List<Member> members, Optional<MemberName> suspect, Duration patience) {
        return members.stream()
                .<PeerAnswer>map(member -> new PeerAnswer.Unreachable(member.name(), "no client yet"))
                .toList();
    }

    @Override
    public void requestCheckpoint(Member candidate, Duration patience) {}

    @Override
    public HandoverAnswer awaitPosition(
            Member candidate, MemberName leader, Timeline timeline, Lsn end, Duration patience) {
        return new HandoverAnswer.NotReady("no client yet for " + config.get().name());
    }
}

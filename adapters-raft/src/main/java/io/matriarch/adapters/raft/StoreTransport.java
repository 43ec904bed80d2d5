package io.matriarch.adapters.raft;

import com.alipay.sofa.jraft.util.Endpoint;
import io.matriarch.adapters.raft.message.Answer;
import io.matriarch.adapters.raft.message.MessageCodec;
import io.matriarch.adapters.raft.message.Question;
import io.matriarch.adapters.raft.rpc.PeerRole;
import io.matriarch.adapters.raft.rpc.RaftTransport;
import io.matriarch.adapters.raft.rpc.TransportSettings;
import io.matriarch.adapters.raft.rpc.WireCodec;
import io.matriarch.adapters.raft.rpc.WireCodecs;
import java.io.IOException;
import java.util.function.Supplier;

/** The network of a member or a client, with the store's own messages added to Raft's. */
final class StoreTransport {

    private static final WireCodecs CODECS = WireCodecs.raft()
            .with(new WireCodec<>(
                    WireCodec.FIRST_FREE_TYPE, Question.class, MessageCodec::encode, MessageCodec::question))
            .with(new WireCodec<>(
                    WireCodec.FIRST_FREE_TYPE + 1, Answer.class, MessageCodec::encode, MessageCodec::answer));

    private StoreTransport() {}

    static RaftTransport member(RaftSettings settings, Endpoint self, Supplier<String> clusterId) throws IOException {
        var role = TransportSettings.of(settings.security(), PeerRole.VOTER, self.toString());
        return new RaftTransport(role.withCodecs(CODECS).withClusterId(clusterId));
    }

    static RaftTransport client(RaftSettings settings) throws IOException {
        return new RaftTransport(TransportSettings.of(settings.security(), PeerRole.CLIENT, "client")
                .withCodecs(CODECS));
    }
}

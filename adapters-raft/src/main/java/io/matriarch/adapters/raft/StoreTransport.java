package io.matriarch.adapters.raft;

import com.alipay.sofa.jraft.util.Endpoint;
import io.matriarch.adapters.raft.message.Answer;
import io.matriarch.adapters.raft.message.MessageCodec;
import io.matriarch.adapters.raft.message.Question;
import io.matriarch.adapters.raft.rpc.PeerRole;
import io.matriarch.adapters.raft.rpc.RaftTransport;
import io.matriarch.adapters.raft.rpc.TransportSettings;
import io.matriarch.adapters.raft.rpc.WireCodec;
import java.io.IOException;
import java.util.function.Supplier;

/** The network of a member or a client, with the store's own messages added to Raft's. */
final class StoreTransport {

    private StoreTransport() {}

    static RaftTransport member(RaftSettings settings, Endpoint self, Supplier<String> clusterId) throws IOException {
        var role = TransportSettings.of(settings.security(), PeerRole.VOTER, self.toString());
        return new RaftTransport(withOurs(role).withClusterId(clusterId));
    }

    static RaftTransport client(RaftSettings settings) throws IOException {
        return new RaftTransport(withOurs(TransportSettings.of(settings.security(), PeerRole.CLIENT, "client")));
    }

    private static TransportSettings withOurs(TransportSettings settings) {
        return settings.withCodecs(settings.codecs()
                .with(new WireCodec<>(
                        WireCodec.FIRST_FREE_TYPE, Question.class, MessageCodec::encode, MessageCodec::question))
                .with(new WireCodec<>(
                        WireCodec.FIRST_FREE_TYPE + 1, Answer.class, MessageCodec::encode, MessageCodec::answer)));
    }
}

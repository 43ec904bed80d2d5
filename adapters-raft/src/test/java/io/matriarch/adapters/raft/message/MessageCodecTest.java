package io.matriarch.adapters.raft.message;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.matriarch.adapters.raft.lease.MalformedException;
import io.matriarch.adapters.raft.lease.Outcome;
import io.matriarch.adapters.raft.lease.RaftCommand;
import io.matriarch.adapters.raft.lease.StoreEntry;
import io.matriarch.adapters.raft.message.StoreReply.Peer;
import io.matriarch.adapters.raft.message.StoreReply.Phase;
import io.matriarch.adapters.raft.message.StoreRequest.Verb;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class MessageCodecTest {

    private static final Duration SECOND = Duration.ofSeconds(1);

    private static final List<StoreRequest> REQUESTS = List.of(
            new StoreRequest.Propose(new RaftCommand.Renew("/service/a/", "L", 5000, -1), SECOND, true),
            new StoreRequest.Read("/service/a/", SECOND, true),
            new StoreRequest.Print("/service/a/"),
            new StoreRequest.Status(true),
            new StoreRequest.Recover("id", List.of("b:2", "c:3"), Duration.ofSeconds(3)),
            new StoreRequest.Follow("id", "other"),
            new StoreRequest.Reconfigure(Verb.TRANSFER, "127.0.0.1:5010", SECOND, false));

    private static final List<StoreReply> REPLIES = List.of(
            new StoreReply.Decided(new Outcome.Applied(7, -3)),
            new StoreReply.Decided(new Outcome.Refused("no")),
            new StoreReply.NotLeader(Optional.of("127.0.0.1:5010")),
            new StoreReply.Failed("why"),
            new StoreReply.Changed(),
            new StoreReply.Entries(new TreeMap<>(Map.of("/a/b", new StoreEntry("Köln", 9, Optional.of("L"))))),
            new StoreReply.Printed(-1),
            new StoreReply.Status(
                    "a:1",
                    2,
                    Phase.SETTLED,
                    Optional.empty(),
                    "id",
                    1,
                    2,
                    3,
                    4,
                    5,
                    9,
                    6,
                    true,
                    List.of(new Peer("b:2", true, 7, 8)),
                    List.of("a:1", "b:2", "c:3"),
                    9,
                    10,
                    "0.1.0"));

    @Test
    @DisplayName("every question and every answer comes back as it went, and no part of one is a whole")
    void roundTrip() throws Exception {
        for (var request : REQUESTS) {
            var bytes = MessageCodec.encode(new Question(request));
            assertThat(MessageCodec.question(bytes).request()).isEqualTo(request);
            for (int i = 0; i < bytes.length; i++) {
                var cut = Arrays.copyOf(bytes, i);
                assertThatThrownBy(() -> MessageCodec.question(cut)).isInstanceOf(MalformedException.class);
            }
        }
        for (var reply : REPLIES) {
            var bytes = MessageCodec.encode(new Answer(reply));
            assertThat(MessageCodec.answer(bytes).reply()).isEqualTo(reply);
            for (int i = 0; i < bytes.length; i++) {
                var cut = Arrays.copyOf(bytes, i);
                assertThatThrownBy(() -> MessageCodec.answer(cut)).isInstanceOf(MalformedException.class);
            }
        }
    }
}

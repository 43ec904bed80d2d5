package io.matriarch.app.rest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** The candidate's side of a hand-over. */
final class HandoverTest extends RestTest {

    @BeforeEach
    void serve() throws Exception {
        start();
        agent.view = Optional.of(Views.replica().view(agent.clock.now()));
    }

    private Answer ask(String leader, int timeline, String lsn) throws Exception {
        return call(
                "POST",
                "/handover",
                "{\"leader\":\"" + leader + "\",\"timeline\":" + timeline + ",\"lsn\":\"" + lsn
                        + "\",\"patience_ms\":200}");
    }

    @Test
    @DisplayName("SAF-060: ready as soon as everything is on disk, on that timeline, for the leader alone")
    void ready() throws Exception {
        Answer ready = ask("pg2", 1, "0/5000060");
        assertEquals(200, ready.code());
        assertEquals("{\"timeline\": 1, \"flushed\": \"0/5000060\", \"lease\": \"offered\"}", ready.body());
        assertEquals(409, ask("pg2", 1, "0/5000061").code());
        assertEquals(409, ask("pg2", 2, "0/5000060").code());
        assertEquals(409, ask("pg3", 1, "0/5000060").code());
        agent.offer = Optional.empty();
        assertEquals(409, ask("pg2", 1, "0/5000060").code());
        agent.server = Views.primary().postgres();
        assertEquals(409, ask("pg2", 1, "0/5000060").code());
        agent.view = Optional.of(Views.replica().blind().view(agent.clock.now()));
        assertEquals(409, ask("pg2", 1, "0/5000060").code());
        assertEquals(400, call("POST", "/handover", "{\"leader\":\"pg2\"}").code());
        assertEquals(400, ask("pg2", 1, "rubbish").code());
    }

    @Test
    @DisplayName("S-12: a candidate that has been tagged nofailover in the meantime refuses")
    void barred() throws Exception {
        agent.view = Optional.of(Views.replica().nofailover().view(agent.clock.now()));
        Answer refused = ask("pg2", 1, "0/5000060");
        assertEquals(409, refused.code());
        assertEquals("{\"why\": \"it is tagged nofailover\"}", refused.body());
    }

    @Test
    @DisplayName("SAF-060: a position that is reached while it is waited for is answered with")
    void reachedLater() throws Exception {
        agent.server = Views.replica(1, Optional.of("streaming")).postgres();
        agent.observed = count -> count >= 3 ? Views.replica().postgres() : agent.server;
        assertEquals(200, ask("pg2", 1, "0/5000060").code());
    }

    @Test
    @DisplayName("a checkpoint is made for who asks")
    void checkpoint() throws Exception {
        assertTrue(call("POST", "/checkpoint", "{}").code() == 200);
    }
}

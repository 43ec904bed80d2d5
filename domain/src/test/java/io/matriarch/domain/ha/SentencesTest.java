package io.matriarch.domain.ha;

import static io.matriarch.domain.ha.Seen.NOW;
import static io.matriarch.domain.ha.Seen.OTHER;
import static io.matriarch.domain.ha.Seen.POSITION;
import static io.matriarch.domain.ha.Seen.SELF;
import static io.matriarch.domain.ha.Seen.dead;
import static io.matriarch.domain.ha.Seen.follower;
import static io.matriarch.domain.ha.Seen.leader;
import static io.matriarch.domain.ha.Seen.peer;
import static io.matriarch.domain.ha.Seen.replica;
import static org.assertj.core.api.Assertions.assertThat;

import io.matriarch.domain.cluster.Role;
import io.matriarch.domain.cluster.Tags;
import io.matriarch.domain.postgres.Lsn;
import io.matriarch.domain.postgres.Timeline;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What people search their logs for is worded as the reference words it. */
class SentencesTest {

    @Test
    @DisplayName("HA-096 the heartbeat of a leader and of its replica, word for word")
    void heartbeat() {
        assertThat(leader().decide().sentence()).isEqualTo("no action. I am (srv1), the leader with the lock");
        assertThat(follower().decide().sentence())
                .isEqualTo("no action. I am (srv1), a secondary, and following a leader (srv2)");
    }

    @Test
    @DisplayName("HA-028 a start that takes too long, with somebody to take over and without, word for word")
    void startup() {
        HaState since = HaState.INITIAL.withStartingSince(Optional.of(NOW.minus(Duration.ofSeconds(300))));
        Seen starting = leader().starting(Role.PRIMARY).before(since);
        assertThat(starting.peers(peer(OTHER, POSITION)).decide().sentence())
                .isEqualTo("stopped PostgreSQL because of startup timeout");
        assertThat(starting.peers(dead(OTHER)).decide().sentence())
                .isEqualTo("primary start has timed out, but continuing to wait because failover is not possible");
    }

    @Test
    @DisplayName("HA-064 a primary that is alive is named, word for word")
    void alivePrimary() {
        var alive = new PeerAnswer.Reachable(OTHER, false, Lsn.ZERO, Timeline.FIRST, true, Tags.NONE, false);
        assertThat(replica().peers(alive).decide().notes())
                .contains(Note.warning("Primary (" + OTHER + ") is still alive"));
    }

    @Test
    @DisplayName("HA-084 a switchover without anybody to switch to says so")
    void nobodyHealthy() {
        assertThat(leader().switchover(SELF, OTHER).peers(dead(OTHER)).decide().notes())
                .contains(
                        Note.warning("switchover: no healthy members found, switchover is not possible"),
                        Note.info("Member srv2 is not reachable"));
    }
}

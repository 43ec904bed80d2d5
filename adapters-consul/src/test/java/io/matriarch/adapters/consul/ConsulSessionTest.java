package io.matriarch.adapters.consul;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.time.MonotonicTime;
import io.matriarch.ports.dcs.Change;
import io.matriarch.ports.dcs.DcsTiming;
import io.matriarch.ports.dcs.LockResult;
import io.matriarch.ports.dcs.WriteResult;
import io.matriarch.ports.testing.NanoClock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** Sessions on a Consul that is configured as it comes: none is shorter than 10 s. */
class ConsulSessionTest {

    private static final MemberName NODE0 = new MemberName("node0");
    private static final DcsTiming SHORT =
            new DcsTiming(Duration.ofSeconds(5), Duration.ofSeconds(1), Duration.ofSeconds(30));

    private static ConsulServer consul;

    @BeforeAll
    static void start() {
        consul = ConsulServer.start("");
    }

    @AfterAll
    static void stop() {
        consul.close();
    }

    @Test
    @DisplayName("SAF-021 DCS-058 Consul's minimum bounds the ttl: it is told, and a hold is counted on half of it")
    void minimum() {
        var events = new ListAppender<ILoggingEvent>();
        events.start();
        var logger = (Logger) LoggerFactory.getLogger(ConsulSessions.class);
        logger.addAppender(events);
        try (var dcs = consul.client(NODE0, "minimum", SHORT, Map.of())) {
            assertThat(dcs.adopt(SHORT).ttl()).isEqualTo(Duration.ofSeconds(20));
            assertThat(dcs.adopt(SHORT).retryTimeout()).isEqualTo(SHORT.retryTimeout());

            var before = new NanoClock().now();
            var acquired = (LockResult.Held) dcs.acquireLeaderLock(NODE0, Change.NONE);
            assertCounted(before, acquired.lease().deadline());
            before = new NanoClock().now();
            var renewed = (LockResult.Held) dcs.renewLeaderLock(NODE0, acquired.lease());
            assertCounted(before, renewed.lease().deadline());

            var longer = new DcsTiming(Duration.ofSeconds(30), Duration.ofSeconds(1), Duration.ofSeconds(30));
            assertThat(dcs.adopt(longer)).isEqualTo(longer);
        } finally {
            logger.detachAppender(events);
        }
        assertThat(events.list)
                .extracting(ILoggingEvent::getFormattedMessage)
                .containsExactly("Changing Session TTL from 2.5 to 10");
    }

    @Test
    @DisplayName("SAF-021 a client that was never told the minimum promises no more than its sessions last")
    void minimumWithoutAdopt() {
        try (var dcs = consul.client(NODE0, "unadopted", SHORT, Map.of())) {
            var before = new NanoClock().now();
            var acquired = (LockResult.Held) dcs.acquireLeaderLock(NODE0, Change.NONE);
            assertCounted(before, acquired.lease().deadline());
        }
    }

    private static void assertCounted(MonotonicTime before, MonotonicTime deadline) {
        var after = new NanoClock().now();
        var start = deadline.minus(Duration.ofSeconds(10));
        assertThat(start.rawNanos()).isBetween(before.rawNanos(), after.rawNanos());
    }

    @Test
    @DisplayName("DCS-057 sessions have half the ttl, take their keys with them, and know no check and no lock delay")
    void session() {
        var timing = new DcsTiming(Duration.ofSeconds(30), Duration.ofSeconds(1), Duration.ofSeconds(30));
        try (var dcs = consul.client(NODE0, "session", timing, Map.of())) {
            assertThat(dcs.adopt(timing)).isEqualTo(timing);
            var acquired = (LockResult.Held) dcs.acquireLeaderLock(NODE0, Change.NONE);
            assertThat(dcs.publishMember(NODE0, "{}")).isInstanceOf(WriteResult.Done.class);
            var offered = dcs.offerLease(NODE0).orElseThrow();

            var published = consul.call("GET", "kv/service/session/members/node0", "");
            for (var id : List.of(acquired.lease().id().value(), offered.value(), ofKey(published))) {
                assertThat(consul.call("GET", "session/info/" + id, ""))
                        .contains("\"Name\":\"session-node0\"")
                        .contains("\"TTL\":\"15s\"")
                        .contains("\"Behavior\":\"delete\"")
                        .contains("\"LockDelay\":1000000,")
                        .contains("\"NodeChecks\":[]")
                        .contains("\"ServiceChecks\":null");
            }
        }
    }

    private static String ofKey(String json) {
        return json.replaceAll("(?s).*\"Session\":\"([^\"]*)\".*", "$1");
    }

    @Test
    @DisplayName("lengths are read as Consul and other members write them")
    void lengths() {
        assertThat(ConsulSession.parse("15s")).contains(Duration.ofSeconds(15));
        assertThat(ConsulSession.parse("15.5s")).contains(Duration.ofMillis(15_500));
        assertThat(ConsulSession.parse("1500ms")).contains(Duration.ofMillis(1500));
        assertThat(ConsulSession.parse("1h1m1s")).contains(Duration.ofSeconds(3661));
        assertThat(ConsulSession.parse("15")).isEqualTo(Optional.empty());
        assertThat(ConsulSession.parse("")).isEqualTo(Optional.empty());
        assertThat(ConsulSession.parse("x15s")).isEqualTo(Optional.empty());
        assertThat(ConsulSession.format(Duration.ofSeconds(15))).isEqualTo("15s");
        assertThat(ConsulSession.format(Duration.ofMillis(1500))).isEqualTo("1500ms");
    }
}

package io.matriarch.adapters.consul;

import io.matriarch.domain.cluster.MemberName;
import io.matriarch.ports.dcs.Dcs;
import io.matriarch.ports.dcs.DcsTiming;
import io.matriarch.ports.testing.DcsContract;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** The contract on a real Consul, with sessions shorter than its usual minimum to save time. */
class ConsulDcsTest extends DcsContract {

    private static ConsulServer consul;

    @BeforeAll
    static void start() {
        consul = ConsulServer.start(ConsulServer.SHORT_SESSIONS);
    }

    @AfterAll
    static void stop() {
        consul.close();
    }

    @Override
    protected Dcs open(MemberName member, String scope) {
        var timing = new DcsTiming(ttl(), Duration.ofSeconds(1), Duration.ofSeconds(5));
        return consul.client(member, scope, timing, Map.of());
    }

    /** A renewal may take a third of a session's two seconds. */
    @Override
    protected Duration ttl() {
        return Duration.ofSeconds(4);
    }

    /** Consul may keep a session for up to twice as long as it promises. */
    @Override
    protected Duration promised(Duration ttl) {
        return ttl.dividedBy(2);
    }
}

package io.matriarch.app.ctl;

import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.cluster.Scope;
import io.matriarch.ports.dcs.Change;
import io.matriarch.ports.dcs.ConsensusAdmin;
import io.matriarch.ports.dcs.Dcs;
import io.matriarch.ports.dcs.DcsTiming;
import io.matriarch.ports.dcs.LockResult;
import io.matriarch.ports.dcs.StoreKey;
import io.matriarch.ports.dcs.StoredValue;
import io.matriarch.ports.dcs.WriteResult;
import io.matriarch.ports.plugin.ConfigSection;
import io.matriarch.ports.plugin.DcsContext;
import io.matriarch.ports.plugin.DcsProvider;
import io.matriarch.ports.testing.InMemoryStore;
import io.matriarch.ports.testing.SimulatedClock;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A store in memory with clusters in it, and a command line to run against them. */
final class CtlFixture {

    static final String SYSTEM_IDENTIFIER = "7711102280255504572";
    static final Instant NOW = Instant.parse("2026-11-22T21:00:52.594567Z");

    private static final DcsTiming TIMING =
            new DcsTiming(Duration.ofSeconds(30), Duration.ofSeconds(10), Duration.ofSeconds(1));

    final Map<String, String> environment = new LinkedHashMap<>(
            Map.of("PATRONI_CONFIGURATION", "{scope: batman, raft: {self_addr: '127.0.0.1:5010'}}"));
    final SimulatedClock clock = new SimulatedClock();
    final InMemoryStore store = new InMemoryStore(clock, TIMING);
    ZoneId zone = ZoneId.of("UTC");
    String program = "patronictl";
    Optional<ConsensusAdmin> admin = Optional.empty();
    Optional<DcsContext> opened = Optional.empty();
    Optional<Map<String, Object>> section = Optional.empty();

    /** What a command left behind. */
    record Result(int status, String out, String err) {}

    Result run(String... args) {
        return runWith("", args);
    }

    /** Runs a command with what the operator types at its prompts. */
    Result runWith(String typed, String... args) {
        return runWith(new ByteArrayInputStream(typed.getBytes(StandardCharsets.UTF_8)), args);
    }

    Result runWith(InputStream typed, String... args) {
        var out = new ByteArrayOutputStream();
        var err = new ByteArrayOutputStream();
        var console = new Console(typed, out, err, false, Optional::empty);
        int status = new CommandLine(
                        console,
                        () -> List.of(new Provider("raft"), new Provider("consul"), new Provider("etcd3")),
                        new Surroundings(environment, program, () -> NOW, () -> zone))
                .run(args);
        return new Result(status, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    Dcs dcs(String member) {
        return store.open(new MemberName(member));
    }

    CtlFixture put(StoreKey key, String value) {
        return written(dcs("test").write(Optional.empty(), Change.NONE.put(key, value)));
    }

    CtlFixture member(String name, String document) {
        return written(dcs(name).publishMember(new MemberName(name), document));
    }

    CtlFixture leader(String name) {
        LockResult result = dcs(name).acquireLeaderLock(new MemberName(name), Change.NONE);
        if (!(result instanceof LockResult.Held)) {
            throw new AssertionError(result);
        }
        return this;
    }

    private CtlFixture written(WriteResult result) {
        if (!(result instanceof WriteResult.Done)) {
            throw new AssertionError(result);
        }
        return this;
    }

    /** The text under a key, empty when there is none. */
    String stored(StoreKey key) {
        try {
            return dcs("test").load().get(key).map(StoredValue::text).orElse("");
        } catch (io.matriarch.ports.dcs.DcsUnavailableException e) {
            throw new AssertionError(e);
        }
    }

    /** A leader and a replica that streams and has everything. */
    static CtlFixture pair() {
        return new CtlFixture()
                .put(StoreKey.INITIALIZE, SYSTEM_IDENTIFIER)
                .put(StoreKey.CONFIG, "{\"ttl\":30,\"loop_wait\":10}")
                .put(StoreKey.STATUS, "{\"optime\":83886176}")
                .leader("pg0")
                .member("pg0", running(0, "\"role\":\"primary\",\"timeline\":1,\"xlog_location\":83886176"))
                .member("pg1", streaming(1, 83886176, ""));
    }

    static String running(int number, String more) {
        return "{\"conn_url\":\"postgres://127.0.0.1:1543" + number
                + "/postgres\",\"api_url\":\"http://127.0.0.1:1\",\"state\":\"running\"," + more + "}";
    }

    static String streaming(int number, long position, String more) {
        return running(
                number,
                "\"role\":\"replica\",\"timeline\":1,\"replication_state\":\"streaming\",\"xlog_location\":" + position
                        + ",\"receive_lsn\":" + position + ",\"replay_lsn\":" + position + more);
    }

    private final class Provider implements DcsProvider {
        private final String name;

        private Provider(String name) {
            this.name = name;
        }

        @Override
        public String section() {
            return name;
        }

        @Override
        public Dcs client(ConfigSection settings, DcsContext context) {
            opened = Optional.of(context);
            section = Optional.of(settings.values());
            Scope scope = context.scope();
            return store.open(new MemberName("ctl"), scope, clock);
        }

        @Override
        public Optional<ConsensusAdmin> admin(ConfigSection settings) {
            section = Optional.of(settings.values());
            return admin;
        }
    }
}

package io.matriarch.adapters.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.alipay.sofa.jraft.util.Endpoint;
import com.google.inject.AbstractModule;
import com.google.inject.Guice;
import io.matriarch.domain.cluster.MemberName;
import io.matriarch.ports.dcs.Change;
import io.matriarch.ports.dcs.Dcs;
import io.matriarch.ports.dcs.DcsTiming;
import io.matriarch.ports.dcs.DcsUnavailableException;
import io.matriarch.ports.dcs.LockResult;
import io.matriarch.ports.dcs.StoreKey;
import io.matriarch.ports.dcs.WriteResult;
import io.matriarch.ports.plugin.AdapterPlugin;
import io.matriarch.ports.plugin.DcsContext;
import io.matriarch.ports.plugin.DcsProvider;
import io.matriarch.ports.plugin.StoreNodeProvider;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("the embedded store from outside: command line, administration, witness and agent")
class ClientModeTest {

    private static final Duration WAIT = Duration.ofSeconds(10);

    @TempDir
    static Path directory;

    private static TestGroup group;

    @BeforeAll
    static void start() {
        group = new TestGroup(directory, 3, Duration.ofSeconds(5)).startAll();
    }

    @AfterAll
    static void stop() {
        group.close();
    }

    static Dcs client(TestGroup group, String scope) {
        var addresses = group.addresses.stream().map(Endpoint::toString).toList();
        var section = MapSection.of(Map.of("partner_addrs", addresses));
        return provider().client(section, group.context("cli", scope, TestGroup.timing(Duration.ofSeconds(5))));
    }

    private static DcsProvider provider() {
        return ServiceLoader.load(DcsProvider.class).stream()
                .map(ServiceLoader.Provider::get)
                .filter(provider -> provider.section().equals("raft"))
                .findFirst()
                .orElseThrow();
    }

    @Test
    @DisplayName("a client without a member reads, writes and locks through whichever member answers")
    void client() throws Exception {
        try (var client = client(group, "outside")) {
            assertThat(client.write(Optional.empty(), Change.NONE.put(StoreKey.CONFIG, "{}")))
                    .isInstanceOf(WriteResult.Done.class);
            assertThat(client.load().get(StoreKey.CONFIG)).isPresent();
            var name = new MemberName("node7");
            var before = group.clock.now();
            var held = (LockResult.Held) client.acquireLeaderLock(name, Change.NONE);
            assertThat(held.lease().deadline().rawNanos())
                    .isBetween(
                            before.plus(Duration.ofSeconds(5)).rawNanos(),
                            group.clock.now().plus(Duration.ofSeconds(5)).rawNanos());
            assertThat(client.renewLeaderLock(name, held.lease())).isInstanceOf(LockResult.Held.class);
            assertThat(client.releaseLeaderLock(held.lease(), Change.NONE)).isInstanceOf(WriteResult.Done.class);
        }
    }

    @Test
    @DisplayName("a first address that nobody listens on costs no more than an attempt")
    void deadFirstAddress() throws Exception {
        var addresses = new ArrayList<String>();
        addresses.add(TestGroup.freeAddresses(1).getFirst().toString());
        group.addresses.forEach(address -> addresses.add(address.toString()));
        var section = MapSection.of(Map.of("partner_addrs", addresses));
        var context = group.context("cli", "outside", TestGroup.timing(Duration.ofSeconds(5)));
        try (var client = provider().client(section, context)) {
            assertThat(client.load().keys()).isNotNull();
        }
    }

    @Test
    @DisplayName("when nobody answers a read says so in its bound and a write is unknown")
    void nobody() throws Exception {
        var section = MapSection.of(Map.of(
                "partner_addrs", List.of(TestGroup.freeAddresses(1).getFirst().toString())));
        var context = group.context("cli", "outside", TestGroup.timing(Duration.ofSeconds(5)));
        var before = group.clock.now();
        try (var client = provider().client(section, context)) {
            assertThatThrownBy(client::load)
                    .isInstanceOf(DcsUnavailableException.class)
                    .hasMessageContaining("no member answers");
            assertThat(client.write(Optional.empty(), Change.NONE)).isInstanceOf(WriteResult.Unknown.class);
        }
        assertThat(group.clock.now().since(before)).isLessThan(Duration.ofSeconds(11));
    }

    @Test
    @DisplayName("CTL-6.1 status, transfer, snapshot, get, and a voter that is added and removed while the group runs")
    void administration() throws Exception {
        var addresses = group.addresses.stream().map(Endpoint::toString).toList();
        var one = addresses.getFirst();
        try (var admin = provider()
                        .admin(MapSection.of(Map.of("partner_addrs", addresses)))
                        .orElseThrow();
                var client = client(group, "admin")) {
            assertThat(client.write(Optional.empty(), Change.NONE.put(StoreKey.STATUS, "{}")))
                    .isInstanceOf(WriteResult.Done.class);
            assertThat(admin.get("/service/admin/status", WAIT)).contains("{}");
            assertThat(admin.get("/service/admin/nothing", WAIT)).isEmpty();

            TestGroup.awaitTrue(
                    "the leadership of " + one,
                    () -> admin.transferLeadership(one, one, WAIT) instanceof WriteResult.Done);
            var status = TestGroup.await("a leader's status", () -> {
                try {
                    var seen = admin.status(one, WAIT);
                    return seen.state() == 2
                                    && seen.partners().values().stream().allMatch(up -> up)
                            ? Optional.of(seen)
                            : Optional.empty();
                } catch (DcsUnavailableException e) {
                    return Optional.empty();
                }
            });
            assertThat(status.self()).isEqualTo(one);
            assertThat(status.leader()).contains(one);
            assertThat(status.quorum()).isTrue();
            assertThat(status.term()).isPositive();
            assertThat(status.commitIndex()).isPositive();
            assertThat(status.logLength()).isPositive();
            assertThat(status.partners().keySet()).containsExactlyInAnyOrderElementsOf(addresses.subList(1, 3));
            assertThat(status.matchIndex().values())
                    .allSatisfy(match -> assertThat(match).isPositive());
            assertThat(status.clients()).isPositive();
            assertThat(admin.snapshot(one, WAIT)).isInstanceOf(WriteResult.Done.class);

            assertThat(admin.add(addresses.get(1), one, WAIT)).isInstanceOf(WriteResult.Refused.class);
            assertThat(admin.remove(one, one, WAIT)).isInstanceOf(WriteResult.Refused.class);
            assertThat(admin.remove(one, "127.0.0.1:1", WAIT)).isInstanceOf(WriteResult.Refused.class);
            witnessComesAndGoes(admin, addresses);
        }
    }

    private static void witnessComesAndGoes(io.matriarch.ports.dcs.ConsensusAdmin admin, List<String> addresses)
            throws Exception {
        var self = TestGroup.freeAddresses(1).getFirst().toString();
        var section = MapSection.of(Map.of(
                "self_addr",
                self,
                "partner_addrs",
                addresses,
                "data_dir",
                directory.resolve("witness").toString()));
        var witness = ServiceLoader.load(StoreNodeProvider.class).findFirst().orElseThrow();
        try (var _ = witness.start(section, TestGroup.timing(Duration.ofSeconds(5)), group.clock)) {
            TestGroup.awaitTrue("the witness votes", () -> {
                try {
                    return admin.status(addresses.getFirst(), WAIT).partners().containsKey(self)
                            && admin.status(self, WAIT).leader().isPresent();
                } catch (DcsUnavailableException e) {
                    return false;
                }
            });
            assertThat(admin.remove(addresses.get(1), self, WAIT)).isInstanceOf(WriteResult.Done.class);
            TestGroup.awaitTrue("the witness is out", () -> {
                try {
                    return !admin.status(addresses.getFirst(), WAIT).partners().containsKey(self);
                } catch (DcsUnavailableException e) {
                    return false;
                }
            });
        }
    }

    @Test
    @DisplayName("the plugin binds the store for an agent, with a member of its own or without")
    void plugin() throws Exception {
        var plugin = ServiceLoader.load(AdapterPlugin.class).stream()
                .map(ServiceLoader.Provider::get)
                .filter(found -> found.section().equals("raft"))
                .findFirst()
                .orElseThrow();
        assertThat(plugin.ports()).containsExactly(Dcs.class);
        var self = TestGroup.freeAddresses(1).getFirst().toString();
        var section = MapSection.of(
                Map.of("self_addr", self, "data_dir", directory.resolve("alone").toString()));
        var context = group.context("node0", "alone", TestGroup.timing(Duration.ofSeconds(2)));
        var injector = Guice.createInjector(plugin.module(section), new AbstractModule() {
            @Override
            protected void configure() {
                bind(DcsContext.class).toInstance(context);
            }
        });
        try (var dcs = injector.getInstance(Dcs.class)) {
            assertThat(injector.getInstance(Dcs.class)).isSameAs(dcs);
            TestGroup.awaitTrue(
                    "a write",
                    () -> dcs.write(Optional.empty(), Change.NONE.put(StoreKey.CONFIG, "{}"))
                            instanceof WriteResult.Done);
            assertThat(dcs.adopt(new DcsTiming(Duration.ofSeconds(10), Duration.ofSeconds(1), Duration.ofSeconds(2)))
                            .ttl())
                    .isEqualTo(Duration.ofSeconds(10));
        }
    }

    @Test
    @DisplayName("an open port serves nobody whose address is no partner's")
    void strangers() throws Exception {
        var self = TestGroup.freeAddresses(1).getFirst();
        var settings = new RaftSettings(
                Optional.of(self),
                Optional.of(self),
                List.of(),
                directory.resolve("strict"),
                new io.matriarch.adapters.raft.rpc.TransportSecurity.Open(java.util.Set.of("127.0.0.2")),
                true);
        var section = MapSection.of(Map.of("partner_addrs", List.of(self.toString())));
        var context = group.context(
                "cli", "strict", new DcsTiming(Duration.ofSeconds(5), Duration.ofSeconds(1), Duration.ofSeconds(1)));
        try (var _ = RaftNode.start(settings, group.clock, Duration.ofSeconds(5));
                var client = provider().client(section, context)) {
            assertThatThrownBy(client::load).isInstanceOf(DcsUnavailableException.class);
        }
    }

    @Test
    @DisplayName("with a password the port serves who knows it and nobody else")
    void password() throws Exception {
        var self = TestGroup.freeAddresses(1).getFirst().toString();
        var directoryOfIt = directory.resolve("secret").toString();
        var right = MapSection.of(Map.of(
                "self_addr", self, "data_dir", directoryOfIt, "password", "right", "require_authentication", "true"));
        var wrong = MapSection.of(Map.of("partner_addrs", List.of(self), "password", "wrong"));
        var none = MapSection.of(Map.of("partner_addrs", List.of(self)));
        var context = group.context(
                "cli", "secret", new DcsTiming(Duration.ofSeconds(5), Duration.ofSeconds(1), Duration.ofSeconds(2)));
        try (var _ = new RaftWitness().start(right, TestGroup.timing(Duration.ofSeconds(5)), group.clock);
                var friend = provider().client(right, context);
                var stranger = provider().client(wrong, context);
                var plain = provider().client(none, context)) {
            TestGroup.awaitTrue(
                    "a write with the password",
                    () -> friend.write(Optional.empty(), Change.NONE.put(StoreKey.CONFIG, "{}"))
                            instanceof WriteResult.Done);
            assertThatThrownBy(stranger::load).isInstanceOf(DcsUnavailableException.class);
            assertThatThrownBy(plain::load).isInstanceOf(DcsUnavailableException.class);
        }
    }
}

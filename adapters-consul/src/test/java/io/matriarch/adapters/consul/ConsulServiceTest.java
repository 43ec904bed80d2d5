package io.matriarch.adapters.consul;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpServer;
import io.matriarch.adapters.consul.ConsulServiceEntry.Step;
import io.matriarch.domain.cluster.MemberName;
import io.matriarch.ports.dcs.Dcs;
import io.matriarch.ports.dcs.DcsTiming;
import io.matriarch.ports.dcs.WriteResult;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** The member's entry in the catalog of a real Consul. */
class ConsulServiceTest {

    private static final MemberName NODE0 = new MemberName("node0");
    private static final DcsTiming TIMING =
            new DcsTiming(Duration.ofSeconds(30), Duration.ofSeconds(1), Duration.ofSeconds(20));
    private static final ObjectMapper JSON = new ObjectMapper();

    private static ConsulServer consul;

    private final Set<String> asked = ConcurrentHashMap.newKeySet();
    private final ListAppender<ILoggingEvent> events = new ListAppender<>();
    private volatile Map<String, Object> section;
    private HttpServer rest;
    private String scope;
    private Dcs dcs;

    @BeforeAll
    static void start() {
        consul = ConsulServer.start("");
    }

    @AfterAll
    static void stop() {
        consul.close();
    }

    @BeforeEach
    void open() throws IOException {
        rest = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 10);
        rest.createContext("/", exchange -> {
            asked.add(exchange.getRequestURI().toString());
            exchange.sendResponseHeaders(200, -1);
            exchange.close();
        });
        rest.start();
        events.list = new CopyOnWriteArrayList<>();
        events.start();
        logger().addAppender(events);
        scope = "My.Cluster-" + UUID.randomUUID();
        section = Map.of(
                "register_service", true, "service_tags", List.of("zone-b", "blue"), "service_check_interval", "100ms");
        dcs = consul.client(NODE0, scope, TIMING, () -> section);
    }

    @AfterEach
    void close() {
        dcs.close();
        rest.stop(0);
        logger().detachAppender(events);
    }

    private static Logger logger() {
        return (Logger) LoggerFactory.getLogger(ConsulService.class);
    }

    private String document(String state, String role) {
        return "{\"conn_url\":\"postgres://10.0.0.7:5433/postgres\",\"api_url\":\"http://127.0.0.1:"
                + rest.getAddress().getPort() + "/patroni\",\"state\":\"" + state + "\",\"role\":\"" + role + "\"}";
    }

    private void publish(String state, String role) {
        assertThat(dcs.publishMember(NODE0, document(state, role))).isInstanceOf(WriteResult.Done.class);
    }

    private JsonNode entry() {
        try {
            return JSON.readTree(consul.call("GET", "agent/services", "")).path(scope + "/node0");
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private JsonNode await(String what, Predicate<JsonNode> wanted) {
        consul.process().await(what, () -> wanted.test(entry()));
        return entry();
    }

    private static List<String> tags(JsonNode entry) {
        return JSON.convertValue(
                entry.path("Tags"), JSON.getTypeFactory().constructCollectionType(List.class, String.class));
    }

    private JsonNode awaitTags(String... tags) {
        return await(
                "the tags " + List.of(tags),
                entry -> tags(entry) != null && tags(entry).equals(List.of(tags)));
    }

    @Test
    @DisplayName(
            "DCS-065 the service has the member's address and role, the old name of a primary's too, and is checked by role")
    void roles() {
        publish("running", "replica");
        JsonNode entry = awaitTags("blue", "zone-b", "replica");
        assertThat(entry.path("Service").asText())
                .isEqualTo(ConsulServiceEntry.name(scope))
                .startsWith("my-cluster-");
        assertThat(entry.path("Address").asText()).isEqualTo("10.0.0.7");
        assertThat(entry.path("Port").asInt()).isEqualTo(5433);
        assertThat(entry.path("EnableTagOverride").asBoolean()).isTrue();
        consul.process().await("Consul asks the replica", () -> asked.contains("/replica"));

        publish("running", "primary");
        awaitTags("blue", "zone-b", "primary", "master");
        consul.process().await("Consul asks the primary", () -> asked.contains("/primary"));

        publish("running", "standby_leader");
        awaitTags("blue", "zone-b", "standby-leader");
        consul.process().await("Consul asks the standby leader", () -> asked.contains("/standby-leader"));
        consul.process()
                .await(
                        "the check passes",
                        () -> consul.call("GET", "health/checks/" + ConsulServiceEntry.name(scope), "")
                                .contains("\"Status\":\"passing\""));
    }

    @Test
    @DisplayName(
            "DCS-065 a server that starts or is promoted keeps its entry; a stopped one loses it, also when the agent ends at once")
    void states() {
        publish("running", "replica");
        awaitTags("blue", "zone-b", "replica");
        publish("starting", "replica");
        publish("running", "promoted");
        publish("stopped", "replica");
        dcs.close();
        assertThat(entry().isMissingNode()).isTrue();
    }

    @Test
    @DisplayName("CFG-047 service_tags and register_service may change while the member runs")
    void reload() {
        publish("running", "replica");
        awaitTags("blue", "zone-b", "replica");
        section = Map.of("register_service", true, "service_tags", "green");
        publish("running", "replica");
        awaitTags("green", "replica");
        section = Map.of();
        publish("running", "replica");
        await("no entry", JsonNode::isMissingNode);
    }

    @Test
    @DisplayName("off by default: Consul is not even asked")
    void off() {
        section = Map.of();
        publish("running", "primary");
        publish("stopped", "primary");
        dcs.close();
        assertThat(entry().isMissingNode()).isTrue();
        assertThat(events.list)
                .filteredOn(event -> event.getFormattedMessage().contains("registered"))
                .isEmpty();
    }

    @Test
    @DisplayName("what Consul refuses is said with its words, and tried again with the next document")
    void failures() {
        // This server is older than the option.
        section = Map.of("register_service", true, "service_check_tls_server_name", "db.example");
        publish("running", "replica");
        consul.process().await("the refusal", () -> warned("TLSServerName"));
        assertThat(entry().isMissingNode()).isTrue();
        events.list.clear();
        publish("running", "replica");
        consul.process().await("another attempt", () -> warned("TLSServerName"));

        section = Map.of("register_service", true);
        publish("running", "replica");
        awaitTags("replica");
    }

    private boolean warned(String text) {
        return events.list.stream()
                .anyMatch(event -> event.getFormattedMessage().contains(text));
    }

    @Test
    @DisplayName("a failed change of the role is made up for after Consul has come back")
    void outage() {
        publish("running", "replica");
        awaitTags("blue", "zone-b", "replica");
        consul.process().close();
        try {
            dcs.publishMember(NODE0, document("running", "primary"));
            long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
            while (!warned("not as it should be") && System.nanoTime() < deadline) {
                Thread.onSpinWait();
            }
            assertThat(warned("not as it should be")).isTrue();
        } finally {
            consul.restart();
        }
        assertThat(tags(entry())).containsExactly("blue", "zone-b", "replica");
        // As each turn of the agent does: what fails while Consul has no leader yet is tried again with the next one.
        await("the new role", entry -> {
            dcs.publishMember(NODE0, document("running", "primary"));
            return List.of("blue", "zone-b", "primary", "master").equals(tags(entry));
        });
    }

    @Test
    @DisplayName("names fit into DNS")
    void names() {
        assertThat(ConsulServiceEntry.name("batman")).isEqualTo("batman");
        assertThat(ConsulServiceEntry.name("My_Cluster 1.x")).isEqualTo("my-cluster-1-x");
        assertThat(ConsulServiceEntry.name("nöde/1")).isEqualTo("nu246deu471");
        assertThat(ConsulServiceEntry.name("x".repeat(300))).hasSize(230);
    }

    @Test
    @DisplayName("what documents ask for")
    void steps() {
        var on = new ConsulServiceOptions(true, List.of(), "5s", Optional.of("db"));
        String ipv6 = "{\"conn_url\":\"postgres://[2001:db8::1]:5432/postgres\",\"api_url\":"
                + "\"https://db_1:8008/patroni\",\"state\":\"running\",\"role\":\"primary\"}";
        assertThat(ConsulServiceEntry.step("s", NODE0, ipv6, on, Duration.ofSeconds(15)))
                .contains(new Step.Register(new ConsulServiceEntry(
                        "s/node0",
                        "s",
                        "2001:db8::1",
                        5432,
                        List.of("primary", "master"),
                        "https://db_1:8008/primary",
                        "5s",
                        Optional.of("db"),
                        Duration.ofSeconds(150))));
        for (String role : List.of("promoted", "demoted", "uninitialized")) {
            assertThat(ConsulServiceEntry.step("s", NODE0, document("running", role), on, Duration.ofSeconds(15)))
                    .as(role)
                    .isEmpty();
        }
        for (String state : List.of("starting", "crashed", "stopping", "restarting")) {
            assertThat(ConsulServiceEntry.step("s", NODE0, document(state, "primary"), on, Duration.ofSeconds(15)))
                    .as(state)
                    .isEmpty();
        }
        assertThat(ConsulServiceEntry.step("s", NODE0, document("stopped", "primary"), on, Duration.ofSeconds(15)))
                .contains(new Step.Deregister("s/node0"));
        for (String nothing : List.of("", "[]", "{}", "rubbish", "{\"state\":\"running\",\"role\":\"replica\"}")) {
            assertThat(ConsulServiceEntry.step("s", NODE0, nothing, on, Duration.ofSeconds(15)))
                    .as(nothing)
                    .isEmpty();
        }
    }
}

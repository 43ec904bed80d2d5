package io.matriarch.app.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.cluster.Tags;
import io.matriarch.ports.plugin.ConfigProblem;
import io.matriarch.ports.plugin.ConfigProblems;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AgentConfigTest {

    static final String SMALLEST = """
            scope: s
            name: n
            restapi: {listen: '127.0.0.1:8008'}
            raft: {self_addr: '127.0.0.1:5010', partner_addrs: ['127.0.0.1:5011']}
            postgresql:
              listen: 127.0.0.1:5432
              data_dir: /data
              authentication: {replication: {username: r, password: 1}}
            """;

    @ParameterizedTest
    @ValueSource(strings = {"walkthrough", "debian-like", "tuned-like", "playbook-like"})
    @DisplayName("configurations of many origins load without a problem or a warning of an unknown key")
    void readsTheCorpus(String name) throws IOException {
        LocalConfig local = LocalConfig.of(YamlTreeTest.tree(YamlTreeTest.resource("corpus/" + name + ".yml")));
        AgentConfig agent = AgentConfig.read(local);

        assertThat(agent.warnings()).noneMatch(warning -> warning.contains("unknown"));
        EffectiveConfig effective = EffectiveConfig.of(local, dynamic(agent));
        assertThat(effective.warnings()).isEmpty();
        effective.postgresqlSection().check();
    }

    @Test
    @DisplayName("the walk-through's configuration means what its author meant")
    void readsTheWalkthrough() throws IOException {
        LocalConfig local = LocalConfig.of(YamlTreeTest.tree(YamlTreeTest.resource("corpus/walkthrough.yml")));
        AgentConfig agent = AgentConfig.read(local);

        assertThat(agent.scope().path()).isEqualTo("/db/demo-cluster-1/");
        assertThat(agent.name()).isEqualTo(new MemberName("srv1"));
        assertThat(agent.store()).isEqualTo("raft");
        assertThat(agent.storeSection().texts("partner_addrs"))
                .containsExactly("192.168.121.12:5010", "192.168.121.194:5010");
        assertThat(agent.rest().listen()).isEqualTo(new HostPort("0.0.0.0", 8008));
        assertThat(agent.rest().apiUrl()).isEqualTo("http://192.168.121.126:8008/patroni");
        assertThat(agent.rest().authentication().orElseThrow().username()).isEqualTo("patroni");
        assertThat(agent.ctl().authentication()).isEqualTo(agent.rest().authentication());
        assertThat(agent.tags().published()).isEmpty();
        assertThat(agent.section("watchdog").text("mode")).contains("required");
        assertThat(agent.section("bootstrap").items("initdb"))
                .containsExactly(
                        Map.of("encoding", "UTF8"),
                        "data-checksums",
                        Map.of("auth-local", "peer"),
                        Map.of("auth-host", "scram-sha-256"));
        assertThat(agent.warnings()).isEmpty();
        EffectiveConfig effective = EffectiveConfig.of(local, dynamic(agent));
        assertThat(effective.timings()).isEqualTo(Timings.DEFAULT);
        assertThat(effective.postgresqlSection().flag("use_pg_rewind")).contains(false);
        assertThat(effective.postgresqlSection().section("parameters").text("unix_socket_directories"))
                .contains("/var/run/postgresql,/tmp");
        assertThat(effective.postgresqlSection().section("parameters").text("archive_mode"))
                .contains("on");
        assertThat(agent.toString() + effective).doesNotContain("mySupeSecretPassword", "confidential", "my-super");
    }

    @Test
    @DisplayName("the smallest configuration has every default")
    void knowsDefaults() {
        AgentConfig agent = read(SMALLEST);

        assertThat(agent.scope().path()).isEqualTo("/service/s/");
        assertThat(agent.threadPoolSize()).isEqualTo(5);
        assertThat(agent.rest().connectAddress()).isEqualTo(agent.rest().listen());
        assertThat(agent.rest().https()).isFalse();
        assertThat(agent.rest().verifyClient()).isEqualTo(RestSettings.VerifyClient.NONE);
        assertThat(agent.rest().requestQueueSize()).isEqualTo(5);
        assertThat(agent.log()).isEqualTo(LogSettings.DEFAULT);
        assertThat(agent.log().fileSize()).isEqualTo(25_000_000);
        assertThat(agent.tags()).isEqualTo(Tags.NONE);
        assertThat(agent.bootstrapDcs()).isEmpty();
        assertThat(agent.warnings()).isEmpty();
    }

    @Test
    @DisplayName("CFG-113: slashes around the namespace mean nothing")
    void collapsesSlashes() {
        assertThat(read(SMALLEST + "namespace: /service/").scope())
                .isEqualTo(read(SMALLEST + "namespace: service").scope());
    }

    @Test
    @DisplayName("everything that is wrong is reported at once, with key and value, secrets hidden")
    void reportsAllProblems() {
        ConfigProblems problems = problems("""
                name: ''
                restapi: {listen: 8008, authentication: {username: u}, verify_client: sometimes, certfile: [x]}
                log: {level: LOUD, mode: 01000}
                postgresql: {listen: 'h:70000', authentication: {superuser: {password: {a: secret}}}, parameters: 5}
                tags: nofailover
                watchdog: {safety_margin: wide}
                """);

        assertThat(ConfigCheck.lines(problems))
                .contains(
                        "scope  is not defined.",
                        "name  is an empty string",
                        "restapi.listen 8008 didn't pass validation: contains a wrong value",
                        "restapi.authentication.password  is not defined.",
                        "restapi.verify_client sometimes didn't pass validation: Wrong value",
                        "restapi.certfile […] is not a string",
                        "log.level LOUD didn't pass validation: Wrong value",
                        "log.mode 512 didn't pass validation: Wrong value",
                        "postgresql.listen h:70000 didn't pass validation: contains a wrong value",
                        "postgresql.data_dir  is not defined.",
                        "postgresql.authentication.superuser.password *** is not a string",
                        "postgresql.parameters 5 is not a dictionary",
                        "tags nofailover is not a dictionary",
                        "watchdog.safety_margin wide is not an integer",
                        "Can not find suitable configuration of distributed configuration store\n"
                                + "Available implementations: consul, etcd3, raft")
                .doesNotHaveDuplicates();
        assertThat(problems.getMessage()).doesNotContain("secret");
    }

    @Test
    @DisplayName("unknown keys are named once each and stop nothing")
    void warnsOfUnknownKeys() {
        assertThat(read(SMALLEST + """
                                restapy: {}
                                ttl: 30
                                log: {lvel: x}
                                tags: {anything: 1}
                                consul: {}
                                bootstrap: {dcs: {ttk: 1}, methud: x}
                                """).warnings())
                .containsExactlyInAnyOrder(
                        "unknown configuration key restapy is ignored",
                        "configuration key ttl has no effect here: it belongs to bootstrap.dcs and, once the cluster"
                                + " exists, to edit-config",
                        "unknown configuration key log.lvel is ignored",
                        "unknown configuration key bootstrap.dcs.ttk is ignored",
                        "unknown configuration key bootstrap.methud is ignored");
    }

    @Test
    @DisplayName("CFG-111: of two stores the first in the alphabet is used, and the other named")
    void choosesAStore() {
        AgentConfig agent = read(SMALLEST + "etcd3: {host: 'h:2379'}\nzookeeper: {hosts: x}");
        assertThat(agent.store()).isEqualTo("etcd3");
        assertThat(agent.warnings())
                .containsExactly(
                        "the configuration has sections of several stores: etcd3 is used, raft, zookeeper ignored");
        assertThat(lines(SMALLEST.replaceAll("raft:.*", "zookeeper: {hosts: x}")))
                .containsExactly("zookeeper {…} is not supported, expected one of consul, etcd3, raft");
    }

    @Test
    @DisplayName("CFG-115: the reserved name refuses the start, and so does a slash")
    void refusesNames() {
        assertThat(lines(SMALLEST.replace("name: n\n", "name: " + ConfigCheck.RESERVED_NAME + "\n")))
                .containsExactly("name " + ConfigCheck.RESERVED_NAME
                        + " didn't pass validation: Node 'name' can't be set to '" + ConfigCheck.RESERVED_NAME + "'");
        assertThat(lines(SMALLEST.replace("name: n\n", "name: a/b\n")))
                .containsExactly("name a/b didn't pass validation: must not contain '/'");
    }

    @Test
    @DisplayName("numbers stand for texts, texts for numbers and booleans")
    void isLenient() {
        AgentConfig agent = read(SMALLEST.replace("scope: s\n", "scope: 17\n")
                + "thread_pool_size: '9'\nctl: {insecure: 'yes', authentication: {username: 1, password: 2}}\n"
                + "log: {level: debug, mode: '0640', dir: /x}");

        assertThat(agent.scope().name()).isEqualTo("17");
        assertThat(agent.threadPoolSize()).isEqualTo(9);
        assertThat(agent.ctl().insecure()).isTrue();
        assertThat(agent.ctl().authentication().orElseThrow().password().reveal())
                .isEqualTo("2");
        assertThat(agent.log().level()).isEqualTo(LogSettings.LogLevel.DEBUG);
        assertThat(agent.log().mode()).contains(416);
    }

    record TagRow(String name, String yaml, boolean nofailover, int priority, Map<String, Object> published) {}

    @Test
    @DisplayName("CFG-086, CFG-087, CFG-088: tags count and are published by their rules")
    void readsTags() {
        for (TagRow row : List.of(
                new TagRow("false flags are not published", "nofailover: false, clonefrom: no", false, 1, Map.of()),
                new TagRow(
                        "true ones are",
                        "nofailover: true, nosync: 1",
                        true,
                        0,
                        Map.of("nofailover", true, "nosync", 1)),
                new TagRow("priority 0 is nofailover", "failover_priority: 0", true, 0, Map.of("failover_priority", 0)),
                new TagRow("a text is read", "nofailover: 'false'", false, 1, Map.of()),
                new TagRow(
                        "the flag wins over the priority",
                        "nofailover: false, failover_priority: 0",
                        false,
                        1,
                        Map.of("nofailover", false, "failover_priority", 0)),
                new TagRow(
                        "and in the other direction",
                        "nofailover: true, failover_priority: 5",
                        true,
                        0,
                        Map.of("nofailover", true, "failover_priority", 5)),
                new TagRow(
                        "custom tags are published",
                        "a: false, b: {c: 1}, d: ''",
                        false,
                        1,
                        Map.of("a", false, "b", Map.of("c", 1), "d", "")))) {
            Tags tags = read(SMALLEST + "tags: {" + row.yaml() + "}").tags();
            assertThat(tags.nofailover()).as(row.name()).isEqualTo(row.nofailover());
            assertThat(tags.effectivePriority()).as(row.name()).isEqualTo(row.priority());
            assertThat(tags.published()).as(row.name()).isEqualTo(row.published());
        }
    }

    @Test
    @DisplayName("CFG-086: contradicting tags are mentioned")
    void warnsOfContradictions() {
        assertThat(read(SMALLEST + "tags: {nofailover: false, failover_priority: 0, nosync: true, sync_priority: 0}")
                        .warnings())
                .containsExactly("Conflicting configuration between nofailover: False and failover_priority: 0."
                        + " Defaulting to nofailover: False");
    }

    @Test
    @DisplayName("a section reads every shape it can and remembers the rest")
    void readsSections() {
        TreeSection section = TreeSection.of("s", YamlTreeTest.tree("""
                wait: 0.25
                long: 2min
                list: [a, 1]
                csv: a, b
                options: {max-rate: 100M, verbose: null}
                off: off
                nothing:
                wrong: [1]
                """));

        assertThat(section.seconds("wait")).contains(Duration.ofMillis(250));
        assertThat(section.seconds("long")).contains(Duration.ofMinutes(2));
        assertThat(section.texts("list")).containsExactly("a", "1");
        assertThat(section.texts("csv")).containsExactly("a", "b");
        assertThat(section.items("options")).hasSize(2).first().isEqualTo(Map.of("max-rate", "100M"));
        assertThat(section.text("off")).contains("off");
        assertThat(section.text("nothing")).isEmpty();
        assertThat(section.section("missing").values()).isEmpty();
        section.check();
        assertThat(section.integer("wrong")).isEmpty();
        section.section("list");
        assertThatThrownBy(section::check)
                .isInstanceOf(ConfigProblems.class)
                .hasMessage("s.wrong […] is not an integer\ns.list […] is not a dictionary");
    }

    @Test
    @DisplayName("host and port are cut at the last colon")
    void readsAddresses() {
        assertThat(HostPort.parse("h:1")).contains(new HostPort("h", 1));
        assertThat(HostPort.parse("[::1]:8008")).contains(new HostPort("::1", 8008));
        assertThat(HostPort.parse("::1:8008")).contains(new HostPort("::1", 8008));
        assertThat(HostPort.parse("::1")).contains(new HostPort(":", 1));
        assertThat(HostPort.parse(":8008")).contains(new HostPort("", 8008));
        assertThat(HostPort.parse("[::1]", 5432)).contains(new HostPort("::1", 5432));
        assertThat(HostPort.parse("127.0.0.1,10.0.0.1:5433", 5432)).contains(new HostPort("127.0.0.1,10.0.0.1", 5433));
        for (String bad : List.of("h", "h:", "h:x", "h:0", "h:65536", "http://h:80", "h:-1")) {
            assertThat(HostPort.parse(bad)).as(bad).isEqualTo(Optional.empty());
        }
        assertThat(new HostPort("::1", 8008)).hasToString("[::1]:8008");
    }

    static DynamicConfig dynamic(AgentConfig agent) {
        try {
            return DynamicConfig.read(agent.bootstrapDcs().orElse(Map.of()));
        } catch (DynamicConfig.UnusableException e) {
            throw new AssertionError(e);
        }
    }

    private static AgentConfig read(String yaml) {
        return AgentConfig.read(LocalConfig.of(YamlTreeTest.tree(yaml)));
    }

    private static ConfigProblems problems(String yaml) {
        return catchThrowableOfType(ConfigProblems.class, () -> read(yaml));
    }

    private static List<String> lines(String yaml) {
        List<ConfigProblem> problems = new ArrayList<>(problems(yaml).problems());
        return ConfigCheck.lines(new ConfigProblems(problems));
    }
}

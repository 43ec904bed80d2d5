package io.matriarch.app.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.matriarch.domain.cluster.Role;
import io.matriarch.domain.postgres.StandbyCluster;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class EffectiveConfigTest {

    record TimingRow(String yaml, double ttl, double loopWait, double retryTimeout, int warnings) {}

    @Test
    @DisplayName("CFG-022, CFG-023, CFG-024: times in force, with Matriarch's floors")
    void adjustsTimes() throws DynamicConfig.UnusableException {
        for (TimingRow row : List.of(
                new TimingRow("", 30, 10, 10, 0),
                new TimingRow("ttl: 5, loop_wait: 1, retry_timeout: 2", 5, 1, 2, 0),
                new TimingRow("ttl: 2, loop_wait: 0.5, retry_timeout: 0.75", 2, 0.5, 0.75, 0),
                new TimingRow("ttl: '20', loop_wait: '5', retry_timeout: '7'", 20, 5, 7, 0),
                new TimingRow("ttl: 30, retry_timeout: 10, loop_wait: 15", 30, 10, 10, 1),
                new TimingRow("ttl: 20, retry_timeout: 15, loop_wait: 10", 20, 0.25, 9.875, 1),
                new TimingRow("ttl: 1, retry_timeout: 0.1, loop_wait: 0.1", 2, 0.25, 0.5, 3),
                new TimingRow("ttl: 0, retry_timeout: 100, loop_wait: 100", 2, 0.25, 0.875, 2),
                new TimingRow("ttl: -5", 2, 0.25, 0.875, 2))) {
            Map<String, Object> tree = YamlTreeTest.tree("{" + row.yaml() + "}");
            DynamicConfig config = DynamicConfig.read(tree);
            assertThat(config.timings())
                    .as(row.yaml())
                    .isEqualTo(new Timings(seconds(row.ttl()), seconds(row.loopWait()), seconds(row.retryTimeout())));
            assertThat(config.warnings()).as(row.yaml()).hasSize(row.warnings());
            assertThat(config.tree()).as("the document stays as it is").isEqualTo(tree);
        }
        assertThat(DynamicConfig.read(Map.of("ttl", 1)).warnings())
                .contains("ttl=1 can't be smaller than 2, adjusting...")
                .anyMatch(warning -> warning.startsWith("Violated the rule \"loop_wait + 2*retry_timeout <= ttl\""));
    }

    @Test
    @DisplayName("CFG-017, CFG-018: a time that is no number, or parameters that are no map, refuse the document")
    void refusesDocuments() {
        for (String bad : List.of(
                "ttl: soon",
                "loop_wait: 10s",
                "retry_timeout: true",
                "ttl: [1]",
                "ttl: 1.0e+20",
                "ttl: null",
                "postgresql: {parameters: [a]}",
                "postgresql: text")) {
            assertThatThrownBy(() -> DynamicConfig.read(YamlTreeTest.tree(bad)))
                    .as(bad)
                    .isInstanceOf(DynamicConfig.UnusableException.class)
                    .hasMessageContaining(bad.substring(0, bad.indexOf(':')));
        }
    }

    @Test
    @DisplayName("settings nobody made have their defaults")
    void knowsDefaults() {
        DynamicSettings settings = DynamicConfig.EMPTY.settings();
        assertThat(settings.maximumLagOnFailoverBytes()).isEqualTo(1048576);
        assertThat(settings.maximumLagOnSyncnodeBytes()).isEqualTo(-1);
        assertThat(settings.primaryStartTimeout()).isEqualTo(Duration.ofSeconds(300));
        assertThat(settings.primaryStopTimeout()).isZero();
        assertThat(settings.synchronousMode()).isEqualTo(DynamicSettings.SynchronousMode.OFF);
        assertThat(settings.synchronousNodeCount()).isEqualTo(1);
        assertThat(settings.memberSlotsTtl()).isEqualTo(Duration.ofMinutes(30));
        assertThat(settings.paused()).isFalse();
        assertThat(settings.standbyCluster()).isEmpty();
        assertThat(DynamicConfig.EMPTY.warnings()).isEmpty();
    }

    @Test
    @DisplayName("CFG-031…CFG-038: values, aliases and units of the top level")
    void readsSettings() {
        assertThat(settings("member_slots_ttl: 30min").memberSlotsTtl()).isEqualTo(Duration.ofSeconds(1800));
        assertThat(settings("member_slots_ttl: 0").memberSlotsTtl()).isZero();
        assertThat(settings("maximum_lag_on_failover: '2097152'").maximumLagOnFailoverBytes())
                .isEqualTo(2097152);
        assertThat(settings("master_start_timeout: 5").primaryStartTimeout()).isEqualTo(Duration.ofSeconds(5));
        assertThat(settings("master_start_timeout: 5, primary_start_timeout: 7").primaryStartTimeout())
                .isEqualTo(Duration.ofSeconds(7));
        assertThat(settings("synchronous_mode: QUORUM").synchronousMode())
                .isEqualTo(DynamicSettings.SynchronousMode.QUORUM);
        assertThat(settings("synchronous_mode: 'on'").synchronousMode()).isEqualTo(DynamicSettings.SynchronousMode.ON);
        assertThat(settings("synchronous_mode: on, standby_cluster: {host: h}").synchronousMode())
                .isEqualTo(DynamicSettings.SynchronousMode.OFF);
        assertThat(settings("permanent_slots: {a: {}}, slots: {b: {}}").permanentSlots())
                .containsOnlyKeys("a");
        assertThat(settings("permanent_slots: {}, slots: {b: 0}").permanentSlots())
                .isEqualTo(Map.of("b", 0));
        assertThat(settings("pause: 'on'").paused()).isTrue();
        assertThat(settings("anything: else, nofailover: true")).isEqualTo(DynamicConfig.EMPTY.settings());
        assertThat(settings("ignore_slots: [{name: a}, text, {}]").ignoredSlots())
                .containsExactly(Map.of("name", "a"), Map.of());
    }

    @Test
    @DisplayName("CFG-031, CFG-033: what cannot be read has its default and one warning")
    void warnsOfInvalidSettings() throws DynamicConfig.UnusableException {
        DynamicConfig config = DynamicConfig.read(YamlTreeTest.tree("""
                maximum_lag_on_failover: 1MB
                primary_start_timeout: 5min
                master_start_timeout: 5
                synchronous_mode: sometimes
                synchronous_node_count: -1
                slots: [a]
                """));

        assertThat(config.settings()).isEqualTo(DynamicConfig.EMPTY.settings());
        assertThat(config.warnings())
                .hasSize(5)
                .contains("maximum_lag_on_failover is 1MB, expected a number without a unit from 0: 1048576 is used");
    }

    @Test
    @DisplayName("CFG-094: a standby cluster without a slot's name uses none")
    void readsStandbyClusters() {
        StandbyCluster standby = settings("standby_cluster: {host: 'a,b', port: '5433'}")
                .standbyCluster()
                .orElseThrow();
        assertThat(standby.servers())
                .containsExactly(new StandbyCluster.Server("a", 5433), new StandbyCluster.Server("b", 5433));
        assertThat(settings("standby_cluster: {host: 'a, b', port: '5433,5434'}")
                        .standbyCluster()
                        .orElseThrow()
                        .title())
                .isEqualTo("a:5433,b:5434");
        assertThat(settings("standby_cluster: {port: 5433}")
                        .standbyCluster()
                        .orElseThrow()
                        .title())
                .isEqualTo("localhost:5433");
        assertThat(standby.primarySlotName()).isEmpty();
        assertThat(settings("standby_cluster: {host: '', primary_slot_name: x}").standbyCluster())
                .isEmpty();
        assertThat(settings("standby_cluster: {restore_command: cp}").standbyCluster())
                .isPresent();
    }

    @Test
    @DisplayName("CFG-010, CFG-011: local times and use_slots have no effect")
    void ignoresLocalTimes() {
        EffectiveConfig config = effective("ttl: 5\nloop_wait: 1\npostgresql: {use_slots: false}", "");
        assertThat(config.timings()).isEqualTo(Timings.DEFAULT);
        assertThat(config.postgresqlSection().flag("use_slots")).contains(true);
        assertThat(effective("", "postgresql: {use_slots: false}")
                        .postgresqlSection()
                        .flag("use_slots"))
                .contains(false);
    }

    @Test
    @DisplayName("CFG-012: what only a member can say is not taken from the cluster")
    void ignoresDynamicAddresses() {
        Map<String, Object> section =
                effective("postgresql: {listen: mine}", """
                        postgresql: {listen: x, connect_address: x, proxy_address: x, data_dir: x, config_dir: x, pgpass: x,
                          authentication: {superuser: {username: x}}, bin_dir: /bin}
                        """).postgresql();
        assertThat(section)
                .containsEntry("listen", "mine")
                .containsEntry("bin_dir", "/bin")
                .doesNotContainKeys(
                        "connect_address", "proxy_address", "data_dir", "config_dir", "pgpass", "authentication");
    }

    @Test
    @DisplayName("CFG-013, CFG-014: local lists and maps replace the cluster's as a whole")
    void replacesWholes() {
        Map<String, Object> section = effective(
                        "postgresql: {pg_hba: [a], recovery_conf: {x: 1}}",
                        "postgresql: {pg_hba: [b, c], recovery_conf: {y: 2}, pg_ident: [d]}")
                .postgresql();
        assertThat(section)
                .containsEntry("pg_hba", List.of("a"))
                .containsEntry("recovery_conf", Map.of("x", 1))
                .containsEntry("pg_ident", List.of("d"));
    }

    @Test
    @DisplayName("CFG-015, CFG-016, CFG-056: local parameters win unless the cluster decides them")
    void mergesParameters() {
        Map<String, Object> parameters = parameters(
                effective(
                        "postgresql: {parameters: {WORK_MEM: 8MB, max_connections: 7, Wal_Level: minimal, cluster_name: x}}",
                        "postgresql: {parameters: {work_mem: 4MB, max_connections: 200, cluster_name: y, port: 1, Archive_Mode: on}}"));
        assertThat(parameters)
                .containsEntry("max_connections", 200)
                .containsEntry("wal_level", "hot_standby")
                .containsEntry("Archive_Mode", true)
                .doesNotContainKeys("cluster_name", "port", "wal_keep_size");
        assertThat(parameters.values()).contains("8MB").doesNotContain("4MB");
    }

    @Test
    @DisplayName("CFG-051, CFG-053: controlled parameters out of their range have their defaults and a warning")
    void validatesParameters() {
        EffectiveConfig config = effective("", """
                postgresql: {parameters: {max_connections: 20, hot_standby: off, wal_level: minimal, max_wal_senders: '12',
                  max_worker_processes: many, wal_keep_size: 8MB, wal_log_hints: 'OFF', track_commit_timestamp: on,
                  max_locks_per_transaction: 128MB, wal_keep_segments: 32}}
                """);
        assertThat(parameters(config))
                .containsAllEntriesOf(Map.ofEntries(
                        Map.entry("max_connections", 100),
                        Map.entry("hot_standby", "on"),
                        Map.entry("wal_level", "hot_standby"),
                        Map.entry("max_wal_senders", 12),
                        Map.entry("max_worker_processes", 8),
                        Map.entry("wal_keep_size", "128MB"),
                        Map.entry("wal_log_hints", "off"),
                        Map.entry("track_commit_timestamp", "on"),
                        Map.entry("max_locks_per_transaction", 64),
                        Map.entry("wal_keep_segments", 32)));
        assertThat(config.warnings())
                .hasSize(6)
                .contains(
                        "postgresql parameter max_connections=20 failed validation, defaulting to 100",
                        "postgresql parameter hot_standby=False failed validation, defaulting to on");
        assertThat(parameters(effective("", "postgresql: {parameters: {wal_keep_size: 1GB}}")))
                .containsEntry("wal_keep_size", "1GB");
    }

    @Test
    @DisplayName("CFG-019, CFG-020, CFG-021: what is configured for a role counts in that role only")
    void overlaysRoles() {
        EffectiveConfig config = effective("postgresql: {pg_hba: [all], pg_hba_primary: [p], listen: x}", """
                postgresql: {parameters: {work_mem: 1MB}, parameters_replica: {work_mem: 2MB},
                  parameters_primary: {max_connections: 500, work_mem: 3MB}, pg_ident_standby_leader: [s]}
                """);
        List<String> warnings = new ArrayList<>();
        assertThat(workMem(config, Role.REPLICA, warnings)).isEqualTo("2MB");
        assertThat(workMem(config, Role.DEMOTED, warnings)).isEqualTo("2MB");
        assertThat(workMem(config, Role.UNINITIALIZED, warnings)).isEqualTo("1MB");
        assertThat(workMem(config, Role.STANDBY_LEADER, warnings)).isEqualTo("1MB");
        assertThat(warnings).isEmpty();
        assertThat(workMem(config, Role.PRIMARY, warnings)).isEqualTo("3MB");
        assertThat(warnings)
                .containsExactly(
                        "Role-based config attempted to override protected parameter 'max_connections', ignoring");
        assertThat(config.postgresqlSection(Role.PROMOTED, warnings).texts("pg_hba"))
                .containsExactly("p");
        assertThat(config.postgresqlSection(Role.REPLICA, warnings).texts("pg_hba"))
                .containsExactly("all");
        assertThat(config.postgresqlSection(Role.STANDBY_LEADER, warnings).texts("pg_ident"))
                .containsExactly("s");
    }

    @Test
    @DisplayName("users keep the keys a connection understands")
    void filtersUsers() {
        assertThat(Trees.at(
                        effective("postgresql: {authentication: {superuser: {username: u, sslmode: x, other: y}}}", "")
                                .postgresql(),
                        "authentication.superuser"))
                .contains(Map.of("username", "u", "sslmode", "x"));
    }

    private static Object workMem(EffectiveConfig config, Role role, List<String> warnings) {
        return config.postgresqlSection(role, warnings)
                .section("parameters")
                .values()
                .get("work_mem");
    }

    private static Map<String, Object> parameters(EffectiveConfig config) {
        return Trees.mapAt(config.postgresql(), "parameters");
    }

    private static EffectiveConfig effective(String local, String dynamic) {
        try {
            return EffectiveConfig.of(
                    LocalConfig.of(YamlTreeTest.tree(local)), DynamicConfig.read(YamlTreeTest.tree(dynamic)));
        } catch (DynamicConfig.UnusableException e) {
            throw new AssertionError(e);
        }
    }

    private static DynamicSettings settings(String flow) {
        return effective("", "{" + flow + "}").settings();
    }

    private static Duration seconds(double seconds) {
        return Duration.ofMillis(Math.round(seconds * 1000));
    }
}

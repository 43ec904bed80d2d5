package io.matriarch.app.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.matriarch.ports.plugin.ConfigProblem;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ConfigCheckTest {

    private static final String VALID = """
            scope: s
            name: n
            restapi: {listen: '10.0.0.1:8008', connect_address: '10.0.0.1:8008'}
            raft: {self_addr: '10.0.0.1:5010', partner_addrs: ['10.0.0.2:5010']}
            bootstrap: {dcs: {ttl: 30}}
            postgresql:
              listen: 10.0.0.1:5432
              connect_address: 10.0.0.1:5432
              data_dir: /nowhere/data
              authentication: {replication: {username: r}, superuser: {username: p}}
            """;

    record Row(String name, String patch, String... lines) {}

    private static final List<Row> TABLE = List.of(
            new Row("CFG-100: a valid tree", "{}"),
            new Row("CFG-101: scope missing", "scope: null", "scope  is not defined."),
            new Row("scope empty", "scope: ''", "scope  is an empty string"),
            new Row("name of another type", "name: 5", "name 5 is not a string"),
            new Row(
                    "CFG-102: no store",
                    "raft: null",
                    "consul  is not defined.",
                    "etcd  is not defined.",
                    "etcd3  is not defined.",
                    "exhibitor  is not defined.",
                    "kubernetes  is not defined.",
                    "raft  is not defined.",
                    "zookeeper  is not defined."),
            new Row(
                    "CFG-103: loopback",
                    "restapi: {connect_address: 'localhost:8008'}",
                    "restapi.connect_address localhost:8008 didn't pass validation: must not contain"
                            + " \"127.0.0.1\", \"0.0.0.0\", \"*\", \"::1\", \"localhost\""),
            new Row(
                    "no connect address",
                    "postgresql: {connect_address: null}",
                    "postgresql.connect_address  is not defined."),
            new Row(
                    "no users",
                    "postgresql: {authentication: {replication: null, superuser: {username: null, password: x}}}",
                    "postgresql.authentication.replication.username  is not defined.",
                    "postgresql.authentication.superuser.username  is not defined."),
            new Row(
                    "CFG-105: exclusive tags",
                    "tags: {nofailover: true, failover_priority: 1}",
                    "tags  Multiple of ('nofailover', 'failover_priority') provided"),
            new Row(
                    "a tag as text",
                    "tags: {nofailover: 'true', failover_priority: null}",
                    "tags.nofailover true is not a boolean"),
            new Row(
                    "restapi without a port",
                    "restapi: {listen: '10.0.0.1'}",
                    "restapi.listen 10.0.0.1 didn't pass validation: contains a wrong value"),
            new Row("postgresql without a port", "postgresql: {listen: '10.0.0.1'}"),
            new Row(
                    "star with others",
                    "postgresql: {listen: '*,10.0.0.1:5432'}",
                    "postgresql.listen *,10.0.0.1:5432 didn't pass validation: expecting '*' alone"),
            new Row(
                    "half an authentication",
                    "restapi: {authentication: {password: x}}",
                    "restapi.authentication.username  is not defined."),
            new Row("bootstrap without dcs", "bootstrap: {dcs: null, method: x}", "bootstrap.dcs  is not defined."),
            new Row(
                    "standby cluster without a source",
                    "bootstrap: {dcs: {standby_cluster: {primary_slot_name: x}}}",
                    "bootstrap.dcs.standby_cluster.host  is not defined.",
                    "bootstrap.dcs.standby_cluster.port  is not defined.",
                    "bootstrap.dcs.standby_cluster.restore_command  is not defined."),
            new Row(
                    "CFG-022: times below the floors",
                    "bootstrap: {dcs: {ttl: 1, loop_wait: 0.2, retry_timeout: 0.4}}",
                    "bootstrap.dcs.ttl 1 didn't pass validation: Wrong value",
                    "bootstrap.dcs.loop_wait 0.2 didn't pass validation: Wrong value",
                    "bootstrap.dcs.retry_timeout 0.4 didn't pass validation: Wrong value"),
            new Row(
                    "a watchdog mode that nobody knows",
                    "watchdog: {mode: require-ish}",
                    "watchdog.mode require-ish didn't pass validation: Wrong value"),
            new Row("a bare off", "watchdog: {mode: off}"),
            new Row("small times", "bootstrap: {dcs: {ttl: 2, loop_wait: 0.5, retry_timeout: 0.75}}"),
            new Row(
                    "CFG-031: units where none are",
                    "bootstrap: {dcs: {maximum_lag_on_failover: 1MB}}",
                    "bootstrap.dcs.maximum_lag_on_failover 1MB is not an integer"),
            new Row("CFG-032: units where they are", "bootstrap: {dcs: {member_slots_ttl: 30min}}"),
            new Row(
                    "ranges of parameters",
                    "bootstrap: {dcs: {postgresql: {parameters: {max_connections: 262144}}}}",
                    "bootstrap.dcs.postgresql.parameters.max_connections 262144 didn't pass validation: Wrong value"),
            new Row("thread_stack_size of the reference's default", "thread_stack_size: 524288"),
            new Row("small pools", "thread_pool_size: 4", "thread_pool_size 4 didn't pass validation: Wrong value"),
            new Row(
                    "log",
                    "log: {type: XML, mode: 512, deduplicate_heartbeat_logs: 'yes'}",
                    "log.type XML didn't pass validation: Wrong value",
                    "log.mode 512 didn't pass validation: Wrong value",
                    "log.deduplicate_heartbeat_logs yes is not a boolean"),
            new Row("log formats", "log: {type: json, format: []}", "log.format […] should contain at least one item"),
            new Row(
                    "log format of another type",
                    "log: {type: json, format: 5}",
                    "log.format 5 Should be a string or a list"),
            new Row("options as a map", "postgresql: {basebackup: {a: b}}", "postgresql.basebackup {…} is not a list"),
            new Row(
                    "partners",
                    "raft: {partner_addrs: ['a:1', 'b']}",
                    "raft.partner_addrs.1 b didn't pass validation: contains a wrong value"),
            new Row(
                    "raft for a client only",
                    "raft: {self_addr: null, data_dir: x}",
                    "raft.self_addr  is not defined."),
            new Row(
                    "etcd without hosts",
                    "raft: null\netcd3: {protocol: https}",
                    "etcd3.host  is not defined.",
                    "etcd3.hosts  is not defined.",
                    "etcd3.proxy  is not defined.",
                    "etcd3.srv  is not defined.",
                    "etcd3.srv_suffix  is not defined.",
                    "etcd3.url  is not defined."),
            new Row(
                    "CFG-115: the reserved name",
                    "name: " + ConfigCheck.RESERVED_NAME,
                    "name " + ConfigCheck.RESERVED_NAME + " didn't pass validation: Node 'name' can't be set to '"
                            + ConfigCheck.RESERVED_NAME + "'"));

    @TempDir
    Path directory;

    @Test
    @DisplayName("CFG-100…CFG-105: what validation reports")
    void validates() {
        for (Row row : TABLE) {
            Map<String, Object> tree = Trees.patch(YamlTreeTest.tree(VALID), YamlTreeTest.tree(row.patch()));
            assertThat(ConfigCheck.forValidation(tree))
                    .as(row.name())
                    .extracting(ConfigProblem::toString)
                    .containsExactlyInAnyOrder(row.lines());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"walkthrough", "debian-like", "playbook-like"})
    @DisplayName("CFG-100: configurations of many origins are valid")
    void acceptsTheCorpus(String name) throws IOException {
        Map<String, Object> tree =
                new LinkedHashMap<>(YamlTreeTest.tree(YamlTreeTest.resource("corpus/" + name + ".yml")));
        List<String> lines = ConfigCheck.forValidation(tree).stream()
                .map(ConfigProblem::toString)
                .toList();
        // The reference's validator does not take a map of options either, nor a mode file without one.
        assertThat(lines)
                .filteredOn(line -> !line.startsWith("postgresql.basebackup"))
                .isEmpty();
    }

    @Test
    @DisplayName("CFG-104: a port that answers is in use, unless that does not matter")
    void findsUsedPorts() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Map<String, Object> tree = Map.of("restapi", Map.of("listen", ":" + socket.getLocalPort()));
            assertThat(host(tree, true))
                    .contains("restapi.listen :" + socket.getLocalPort() + " didn't pass validation: Port "
                            + socket.getLocalPort() + " is already in use.");
            assertThat(host(tree, false)).noneMatch(line -> line.startsWith("restapi"));
            assertThat(HostChecks.forStart(tree, Map.of()))
                    .extracting(ConfigProblem::path)
                    .contains("restapi.listen");
        }
    }

    @Test
    @DisplayName("a start needs PostgreSQL's port, unless its own server may have it")
    void needsThePortOfPostgres() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Map<String, Object> tree = Map.of(
                    "postgresql",
                    Map.of("listen", "127.0.0.1:" + socket.getLocalPort(), "data_dir", directory.toString()));
            assertThat(HostChecks.forStart(tree, Map.of()).stream().map(ConfigProblem::toString))
                    .contains("postgresql.listen 127.0.0.1:" + socket.getLocalPort() + " didn't pass validation: Port "
                            + socket.getLocalPort() + " is already in use.");
            Files.writeString(directory.resolve("postmaster.pid"), "4711\n");
            assertThat(HostChecks.forStart(tree, Map.of()))
                    .extracting(ConfigProblem::path)
                    .doesNotContain("postgresql.listen");
        }
    }

    @Test
    @DisplayName("a start takes a base backup that was interrupted: the member says how to make it anew")
    void takesABegunCopy() throws IOException {
        Map<String, Object> tree = Map.of("postgresql", Map.of("data_dir", directory.toString()));
        Files.createDirectory(directory.resolve("pg_wal"));
        assertThat(HostChecks.forStart(tree, Map.of()))
                .extracting(ConfigProblem::path)
                .doesNotContain("postgresql.data_dir");
        assertThat(HostChecks.forValidation(tree, Map.of(), false))
                .extracting(ConfigProblem::path)
                .contains("postgresql.data_dir");
    }

    @Test
    @DisplayName("a store that does not answer is not reachable")
    void findsUnreachableStores() throws IOException {
        int port;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
            assertThat(host(Map.of("etcd3", Map.of("hosts", "127.0.0.1:" + port)), true))
                    .noneMatch(line -> line.startsWith("etcd3"));
        }
        assertThat(host(Map.of("etcd3", Map.of("hosts", "127.0.0.1:" + port)), true))
                .contains("etcd3.hosts.0 127.0.0.1:" + port + " didn't pass validation: 127.0.0.1:" + port
                        + " is not reachable");
    }

    @Test
    @DisplayName("programs are looked for in bin_dir or in the PATH")
    void findsPrograms() throws IOException {
        Path bin = Files.createDirectory(directory.resolve("bin"));
        for (String tool : List.of("pg_ctl", "initdb", "pg_controldata", "pg_basebackup", "pg_isready")) {
            program(bin, tool, "");
        }
        assertThat(host(Map.of("postgresql", Map.of("bin_dir", bin.toString())), false))
                .containsExactly("postgresql.bin_dir.postgres  didn't pass validation: does not contain 'postgres' in '"
                        + bin + "'");
        program(bin, "postgres", "echo 'postgres (PostgreSQL) 17.2 (Debian 17.2-1)'");
        assertThat(host(Map.of("postgresql", Map.of("bin_dir", bin.toString())), false))
                .isEmpty();
        assertThat(HostChecks.forValidation(Map.of(), Map.of("PATH", "/nowhere:" + bin), false))
                .isEmpty();
        assertThat(HostChecks.forValidation(Map.of(), Map.of("PATH", "/nowhere"), false))
                .hasSize(6);
        assertThat(host(Map.of("postgresql", Map.of("bin_dir", "/nowhere")), false))
                .containsExactly(
                        "postgresql.bin_dir /nowhere didn't pass validation: Directory '/nowhere' does not exist.");
    }

    @Test
    @DisplayName("a data directory is empty, missing, or one of the right version")
    void looksAtTheDataDirectory() throws IOException {
        Path bin = Files.createDirectory(directory.resolve("bin"));
        for (String tool : List.of("pg_ctl", "initdb", "pg_controldata", "pg_basebackup", "pg_isready")) {
            program(bin, tool, "");
        }
        program(bin, "postgres", "echo 'postgres (PostgreSQL) 17devel'");
        Path data = directory.resolve("data");
        Map<String, Object> tree = Map.of("postgresql", Map.of("bin_dir", bin.toString(), "data_dir", data.toString()));
        String line = "postgresql.data_dir " + data + " ";

        assertThat(host(tree, false)).isEmpty();
        Files.createDirectory(data);
        assertThat(host(tree, false)).isEmpty();
        Files.createDirectory(data.resolve("lost+found"));
        assertThat(host(tree, false)).isEmpty();
        Files.writeString(data.resolve("notes"), "mine");
        assertThat(host(tree, false)).containsExactly(line + "doesn't look like a valid data directory");
        Files.writeString(data.resolve("PG_VERSION"), "15\n");
        assertThat(host(tree, false))
                .containsExactly(
                        line + "data dir for the cluster is not empty, but doesn't contain \"pg_wal\" directory");
        Files.createDirectory(data.resolve("pg_wal"));
        assertThat(host(tree, false))
                .containsExactly(
                        line
                                + "data_dir directory postgresql version (15) doesn't match with 'postgres --version' output (17)");
        Files.writeString(data.resolve("PG_VERSION"), "17\n");
        assertThat(host(tree, false)).isEmpty();
        assertThat(host(Map.of("postgresql", Map.of("bin_dir", bin.toString(), "data_dir", bin + "/initdb")), false))
                .containsExactly("postgresql.data_dir " + bin + "/initdb is not a directory");
    }

    @Test
    @DisplayName("a start needs a data directory of its own user, or a place to make one")
    void needsAUsableDataDirectory() {
        // The root of the file system belongs to root; whoever runs this either is root or may not write there.
        Map<String, Object> tree = Map.of("postgresql", Map.of("data_dir", "/proc/1/data"));
        assertThat(HostChecks.forStart(tree, Map.of()).stream().map(ConfigProblem::toString))
                .anyMatch(line -> line.startsWith("postgresql.data_dir /proc/1/data is not usable: "));
        Map<String, Object> own =
                Map.of("postgresql", Map.of("data_dir", directory.resolve("a/b").toString()));
        assertThat(HostChecks.forStart(own, Map.of()))
                .extracting(ConfigProblem::path)
                .doesNotContain("postgresql.data_dir");
    }

    private static void program(Path directory, String name, String script) throws IOException {
        Path file = Files.writeString(directory.resolve(name), "#!/bin/sh\n" + script + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private static List<String> host(Map<String, Object> tree, boolean portsMatter) {
        return HostChecks.forValidation(tree, Map.of(), portsMatter).stream()
                .map(ConfigProblem::toString)
                .filter(line -> tree.toString().contains("bin_dir") || !line.startsWith("postgresql.bin_dir"))
                .toList();
    }
}

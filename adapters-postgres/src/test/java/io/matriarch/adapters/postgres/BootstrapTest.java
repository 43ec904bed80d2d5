package io.matriarch.adapters.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.matriarch.domain.cluster.Role;
import io.matriarch.ports.postgres.ControlResult;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** New clusters: what is created, and what is told to whom. */
final class BootstrapTest {

    @TempDir
    Path folder;

    private Cluster cluster;
    private Instance server;

    @BeforeEach
    void prepare() throws Exception {
        cluster = new Cluster(folder);
        server = cluster.member("srv1");
    }

    @AfterEach
    void end() {
        cluster.close();
    }

    private Path script(String body) throws Exception {
        Path script = folder.resolve("script.sh");
        Files.writeString(script, "#!/bin/sh\n" + body + "\n");
        assertThat(script.toFile().setExecutable(true)).isTrue();
        return script;
    }

    @Test
    @DisplayName("PG-004 PG-006 role statements reach no log, the rewind user may do four things more than anybody")
    void roles() throws Exception {
        server.parameters.put("log_statement", "all");
        server.parameters.put("log_min_duration_statement", 0);
        server.initialized();
        // A second time they are altered, which must be as quiet.
        Instance.done(server.control.postBootstrap());

        assertThat(server.serverLog())
                .contains("SET standard_conforming_strings")
                .doesNotContain("ROLE", "my-super", "confi:dent", "rewind_password");
        assertThat(server.sql("SELECT string_agg(rolname || rolsuper || rolreplication, ' ' ORDER BY rolname)"
                        + " FROM pg_roles WHERE rolname !~ '^pg_'"))
                .isEqualTo("adminfalsefalse postgrestruetrue replicatorfalsetrue rewind_userfalsefalse");
        assertThat(server.sql("SELECT count(*) FROM pg_proc, aclexplode(proacl) AS a"
                        + " WHERE a.grantee = 'rewind_user'::regrole AND a.privilege_type = 'EXECUTE'"))
                .isEqualTo("4");
        var properties = new Properties();
        properties.put("user", "rewind_user");
        properties.put("password", "rewind_password");
        try (var connection = DriverManager.getConnection(
                        "jdbc:postgresql://127.0.0.1:" + server.port + "/postgres", properties);
                Statement statement = connection.createStatement()) {
            statement.execute("SELECT pg_read_binary_file('PG_VERSION')");
            org.assertj.core.api.Assertions.assertThatThrownBy(
                            () -> statement.execute("SELECT pg_read_file('PG_VERSION')"))
                    .isInstanceOf(SQLException.class);
        }
    }

    @Test
    @DisplayName("post_bootstrap gets a connection string without password that works; its failure is the bootstrap's")
    void postBootstrap() throws Exception {
        Path seen = folder.resolve("seen");
        String psql = server.open().server.settings().binaries().path("psql");
        server.bootstrap.put(
                "post_init",
                script("echo \"$1\" > " + seen + "\n" + psql + " -w -X \"$1\" -Atc 'CREATE DATABASE made_by_script' >> "
                                + seen + " 2>&1")
                        + " ");
        server.initialized();

        assertThat(Files.readAllLines(seen))
                .containsExactly("dbname=postgres user=postgres host=localhost port=" + server.port, "CREATE DATABASE");
        server.bootstrap.put("post_bootstrap", "/bin/false");
        server.open();
        assertThat(server.control.postBootstrap())
                .isEqualTo(new ControlResult.Failed("post_init script /bin/false returned non-zero code 1"));
    }

    @Test
    @DisplayName("PG-007 a custom bootstrap gets scope and data directory and its own keys")
    void custom() throws Exception {
        Path seen = folder.resolve("seen");
        String initdb = server.open().server.settings().binaries().path("initdb");
        server.bootstrap.put("method", "own");
        server.bootstrap.put(
                "own",
                Map.of(
                        "command",
                        script("echo \"$@\" > " + seen + "\nexec " + initdb + " -N -A trust -U postgres " + server.data)
                                + " 'first one'",
                        "answer",
                        42));
        server.open();
        Instance.done(server.control.initialize());
        Instance.done(server.control.postBootstrap());

        assertThat(Files.readString(seen).trim())
                .isEqualTo("first one --scope=demo --datadir=" + server.data + " --answer=42");
        assertThat(server.observe().role()).isEqualTo(Role.PRIMARY);
        server.close();

        Instance failing = cluster.member("srv2");
        failing.bootstrap.put("method", "own");
        failing.bootstrap.put("own", Map.of("command", "/bin/false"));
        failing.open();
        assertThat(failing.control.initialize()).isInstanceOf(ControlResult.Failed.class);
        assertThat(failing.observe().state().text()).isEqualTo("custom bootstrap failed");
    }

    @Test
    @DisplayName("PG-022 custom_conf is included instead of the original configuration, which stays")
    void customConf() throws Exception {
        Path custom = folder.resolve("custom.conf");
        Files.writeString(custom, "work_mem = '7MB'\n");
        server.section.put("custom_conf", custom.toString());
        server.ready();

        assertThat(server.sql("SHOW work_mem")).isEqualTo("7MB");
        assertThat(server.data.resolve("postgresql.base.conf")).doesNotExist();
        assertThat(Files.readString(server.data.resolve("postgresql.conf"))).contains("include '" + custom + "'");
    }

    @Test
    @DisplayName("a port that is taken fails the start with the server's own words")
    void takenPort() throws Exception {
        try (var other = new ServerSocket(server.port, 1, InetAddress.getByName("127.0.0.1"))) {
            assertThat(other.isBound()).isTrue();
            server.open();
            assertThat(server.control.initialize())
                    .isInstanceOfSatisfying(
                            ControlResult.Failed.class,
                            failed ->
                                    assertThat(failed.why()).contains("could not bind", Integer.toString(server.port)));
        }
        Instance.done(server.control.startPrimary(Instance.LONG));
    }

    @Test
    @DisplayName("PG-083 what a copy brings along is configured anew, and its backup copies are kept up")
    void backups() throws Exception {
        server.ready();
        Instance standby = cluster.member("srv2");
        standby.section.put("use_slots", false);
        standby.section.put("pg_hba", List.of("host all all 127.0.0.1/32 scram-sha-256"));
        standby.cloneOf(server);

        assertThat(standby.data.resolve("postgresql.conf.backup"))
                .hasSameTextualContentAs(standby.data.resolve("postgresql.conf"));
        assertThat(standby.data.resolve("pg_hba.conf.backup")).hasContent("host all all 127.0.0.1/32 scram-sha-256");
        assertThat(standby.serverLog()).doesNotContain(Integer.toString(server.port) + "\n");
    }
}

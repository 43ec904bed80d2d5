package io.matriarch.app.wiring;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ValidationTest {

    @TempDir
    Path directory;

    private String valid;

    @BeforeEach
    void programs() throws IOException {
        Path bin = Files.createDirectory(directory.resolve("bin"));
        for (String tool : List.of("pg_ctl", "initdb", "pg_controldata", "pg_basebackup", "postgres", "pg_isready")) {
            Path file = Files.writeString(bin.resolve(tool), "#!/bin/sh\necho 'postgres (PostgreSQL) 17.2'\n");
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
        }
        valid = """
                scope: batman
                name: srv1
                restapi:
                  listen: 127.0.0.1:%d
                  connect_address: 10.0.0.1:8008
                raft:
                  self_addr: 192.0.2.1:5010
                  partner_addrs: ['192.0.2.2:5010']
                  data_dir: %s/raft
                  bind_addr: 127.0.0.1:%d
                bootstrap:
                  dcs:
                    ttl: 30
                postgresql:
                  listen: 127.0.0.1:%d
                  connect_address: 10.0.0.1:5432
                  data_dir: %s/data
                  bin_dir: %s
                  authentication:
                    replication: {username: r, password: x}
                    superuser: {username: p, password: x}
                """.formatted(free(), directory, free(), free(), directory, bin);
    }

    private static int free() throws IOException {
        try (var socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    private Validation.Result of(String yaml, Map<String, String> environment, boolean portsMatter) {
        try {
            Path file = Files.writeString(directory.resolve("matriarch.yml"), yaml);
            return Validation.of(Optional.of(file), environment, portsMatter);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    @DisplayName("CFG-100 a valid configuration gives no line, and looking at it makes nothing")
    void valid() {
        assertThat(of(valid, Map.of(), true).lines()).isEmpty();
        assertThat(directory.resolve("raft")).doesNotExist();
        assertThat(directory.resolve("data")).doesNotExist();
    }

    @Test
    @DisplayName("CFG-100 what is wrong in the tree, on the host and for the adapters is named at once, a line a key")
    void everythingAtOnce() {
        String wrong = valid.replace("scope: batman\n", "")
                .replace(
                        "partner_addrs: ['192.0.2.2:5010']", "partner_addrs: ['nowhere']\n  require_authentication: on")
                .replaceFirst("bin_dir: .*", "bin_dir: /no/such/bin")
                .replace("username: r,", "");
        assertThat(of(wrong, Map.of(), true).lines())
                .containsExactlyInAnyOrder(
                        "scope  is not defined.",
                        "raft.partner_addrs.0 nowhere didn't pass validation: contains a wrong value",
                        "postgresql.authentication.replication.username  is not defined.",
                        "postgresql.bin_dir /no/such/bin didn't pass validation: Directory '/no/such/bin' does not exist.",
                        "raft.require_authentication True is set, but neither password nor cafile, certfile and keyfile are");
    }

    @Test
    @DisplayName("CFG-112 times of Raft that do not fit together fail validation with their sentence")
    void raftTimes() {
        assertThat(of(valid.replace("raft:\n", "raft:\n  min_timeout: 0.2\n"), Map.of(), true)
                        .lines())
                .containsExactly("raft.min_timeout 0.2 min_timeout (0.2) must be > 3 * append_entries_period (0.1)"
                        + " (default)");
    }

    @Test
    @DisplayName("CFG-104 a port in use is a problem unless it does not matter")
    void ports() throws IOException {
        try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            String used = valid.replaceFirst("listen: 127.0.0.1:\\d+", "listen: 127.0.0.1:" + taken.getLocalPort());
            assertThat(of(used, Map.of(), true).lines())
                    .containsExactly("restapi.listen 127.0.0.1:" + taken.getLocalPort()
                            + " didn't pass validation: Port " + taken.getLocalPort() + " is already in use.");
            assertThat(of(used, Map.of(), false).lines()).isEmpty();
        }
    }

    @Test
    @DisplayName("CFG-106 the tree to show has what the environment says")
    void tree() {
        assertThat(of(valid, Map.of("PATRONI_SCOPE", "robin"), true).tree()).containsEntry("scope", "robin");
    }

    @Test
    @DisplayName("CFG-008 no configuration is one line")
    void nothing() {
        assertThat(Validation.of(Optional.of(directory.resolve("none.yml")), Map.of(), true)
                        .lines())
                .first()
                .isEqualTo("Config is empty.");
        assertThat(of("[1]", Map.of(), true).lines())
                .containsExactly("invalid config file " + directory + "/matriarch.yml");
    }
}

package io.matriarch.app.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Which store's jars the launchers choose. The real launchers and class paths, with a java that only tells its arguments.
 */
class LauncherIT {

    private static final Path IMAGE = Path.of("target", "matriarch").toAbsolutePath();

    @TempDir
    Path temp;

    private Path bin;

    @BeforeEach
    void layOut() throws IOException {
        Path lib = Files.createDirectories(temp.resolve("image/lib"));
        bin = Files.createDirectories(temp.resolve("image/bin"));
        try (var files = Files.list(IMAGE.resolve("lib"))) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                if (!file.toString().contains(".aot")) {
                    Files.copy(file, lib.resolve(file.getFileName()));
                }
            }
        }
        for (String name : List.of("matriarch", "matriarchctl")) {
            Files.copy(IMAGE.resolve("bin").resolve(name), bin.resolve(name));
        }
        Files.createSymbolicLink(bin.resolve("patroni_raft_controller"), Path.of("matriarch"));
        Files.createSymbolicLink(bin.resolve("syncobj_admin"), Path.of("matriarchctl"));
        Path java = Files.createDirectories(temp.resolve("image/runtime/bin")).resolve("java");
        Files.writeString(java, "#!/bin/sh\nfor argument; do echo \"$argument\"; done\n");
        Files.setPosixFilePermissions(java, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    @ParameterizedTest
    @Tag("CFG-111")
    @CsvSource(
            delimiter = ';',
            value = {
                "raft:\\n  self_addr: a:1\\n; raft",
                "etcd3:\\n  host: a\\n; etcd",
                "etcd: {host: a}\\n; etcd",
                "consul:\\n  host: a\\n; consul",
                "'\"etcd3\":\\n  host: a\\n'; etcd",
                "'''consul'' :\\n  host: a\\n'; consul",
                "'raft:\\n  self_addr: a:1\\netcd3:\\n  host: a\\n'; etcd",
                "'etcd3:\\n  host: a\\nconsul:\\n  host: a\\n'; consul",
                "'raft:\\r\\n  self_addr: a:1\\r\\n'; raft",
                "'# consul:\\nraft:\\n  etcd3: 1\\nconsulting: 1'; raft",
                "'scope: x\\netcd3: {}'; etcd",
                "'scope: x\\n'; raft",
            })
    @DisplayName("the section of the file chooses, the first in alphabetical order of several")
    void choosesBySection(String yaml, String store) throws Exception {
        Path file = Files.writeString(
                temp.resolve("a b.yml"), yaml.replace("\\n", "\n").replace("\\r", "\r"));
        assertThat(storeOf(Map.of(), "matriarch", file.toString())).isEqualTo(store);
        assertThat(storeOf(Map.of(), "matriarch", "--validate-config", "-i", file.toString()))
                .isEqualTo(store);
        assertThat(storeOf(Map.of(), "matriarch", "--generate-config", "--dsn", "host=b", file.toString()))
                .isEqualTo(store);
        assertThat(storeOf(Map.of(), "matriarchctl", "-k", "-c", file.toString(), "list"))
                .isEqualTo(store);
        assertThat(storeOf(Map.of(), "matriarchctl", "--config-file=" + file, "list"))
                .isEqualTo(store);
        assertThat(storeOf(Map.of("PATRONICTL_CONFIG_FILE", file.toString()), "matriarchctl", "list"))
                .isEqualTo(store);
    }

    @Test
    @Tag("CFG-002")
    @DisplayName("a folder counts with its .yml and .yaml files")
    void readsFolders() throws Exception {
        Path folder = Files.createDirectory(temp.resolve("conf d"));
        Files.writeString(folder.resolve("a.yml"), "scope: x\n");
        Files.writeString(folder.resolve("b.yaml"), "etcd3:\n  host: a\n");
        Files.writeString(folder.resolve("c.txt"), "consul:\n  host: a\n");
        assertThat(storeOf(Map.of(), "matriarch", folder.toString())).isEqualTo("etcd");
    }

    @Test
    @Tag("CFG-006")
    @DisplayName("without a file the environment chooses")
    void readsTheEnvironment() throws Exception {
        assertThat(storeOf(Map.of("PATRONI_ETCD3_HOST", "a"), "matriarch")).isEqualTo("etcd");
        assertThat(storeOf(Map.of("PATRONI_CONSUL_HOST", "a"), "matriarchctl", "list"))
                .isEqualTo("consul");
        assertThat(storeOf(Map.of("PATRONI_RAFT_SELF_ADDR", "a:1"), "matriarch"))
                .isEqualTo("raft");
        var document =
                Map.of("PATRONI_CONFIGURATION", "scope: x\nraft:\n  self_addr: a:1\n", "PATRONI_ETCD3_HOST", "a");
        assertThat(storeOf(document, "matriarch")).isEqualTo("raft");
        Path file = Files.writeString(temp.resolve("c.yml"), "etcd3:\n  host: a\n");
        assertThat(storeOf(document, "matriarch", file.toString())).isEqualTo("etcd");
    }

    @ParameterizedTest
    @Tag("CTL-004")
    @CsvSource({
        "etcd3://h:2399/ns,etcd",
        "consul://h,consul",
        "h:8500,consul",
        "h:2379,etcd",
        "h,etcd",
    })
    @DisplayName("the address of a store on the command line chooses")
    void readsTheAddress(String url, String store) throws Exception {
        Path file = Files.writeString(temp.resolve("c.yml"), "raft:\n  self_addr: a:1\n");
        assertThat(storeOf(Map.of(), "matriarchctl", "-c", file.toString(), "-d", url, "list"))
                .isEqualTo(store);
        assertThat(storeOf(Map.of(), "matriarchctl", "--dcs=" + url, "list")).isEqualTo(store);
        assertThat(storeOf(Map.of("DCS_URL", url), "matriarchctl", "list")).isEqualTo(store);
        // After the verb the letters mean something else.
        assertThat(storeOf(Map.of(), "matriarchctl", "-c", file.toString(), "query", "-d", url))
                .isEqualTo("raft");
    }

    @Test
    @DisplayName("what concerns Raft alone takes Raft, and arguments arrive as they were given")
    void raftIsRaft() throws Exception {
        Path file = Files.writeString(temp.resolve("c.yml"), "etcd3:\n  host: a\n");
        assertThat(storeOf(Map.of(), "matriarchctl", "-c", file.toString(), "raft", "status"))
                .isEqualTo("raft");
        assertThat(storeOf(Map.of(), "matriarch", "witness", file.toString())).isEqualTo("raft");
        assertThat(run(Map.of(), "syncobj_admin", "-conn", "localhost:5010", "-status"))
                .endsWith("io.matriarch.app.ctl.Ctl", "syncobj-admin", "-conn", "localhost:5010", "-status")
                .contains("-Dmatriarch.program=syncobj_admin");
        assertThat(run(Map.of(), "patroni_raft_controller", "a  b", "*", ""))
                .endsWith("io.matriarch.app.Main", "raft-node", "a  b", "*", "");
    }

    private String storeOf(Map<String, String> environment, String program, String... arguments) throws Exception {
        List<String> seen = run(environment, program, arguments);
        String classPath = seen.get(seen.indexOf("-cp") + 1);
        return List.of("raft", "etcd", "consul").stream()
                .filter(store -> classPath.contains("/" + store + "/adapters-" + store))
                .reduce((one, other) -> one + " and " + other)
                .orElse("none");
    }

    private List<String> run(Map<String, String> environment, String program, String... arguments) throws Exception {
        var command = new ArrayList<>(List.of(bin.resolve(program).toString()));
        command.addAll(List.of(arguments));
        var builder = new ProcessBuilder(command);
        builder.environment().clear();
        builder.environment().putAll(new TreeMap<>(environment));
        Path out = Files.createTempFile(temp, "out", "");
        Process process =
                builder.redirectErrorStream(true).redirectOutput(out.toFile()).start();
        try {
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        } finally {
            process.destroyForcibly();
        }
        assertThat(process.exitValue()).isZero();
        return Files.readAllLines(out);
    }
}

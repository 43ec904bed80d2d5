package io.matriarch.app.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigLoaderTest {

    @TempDir
    Path directory;

    @Test
    @DisplayName("CFG-001: the environment lies over the file")
    void environmentWins() throws IOException {
        Path file = write("a.yml", "scope: s\nname: n\nrestapi: {listen: ':1', connect_address: 'h:1'}");

        assertThat(load(file, Map.of("PATRONI_NAME", "other", "PATRONI_RESTAPI_LISTEN", ":2")))
                .isEqualTo(YamlTreeTest.tree("scope: s\nname: other\nrestapi: {listen: ':2', connect_address: 'h:1'}"));
    }

    @Test
    @DisplayName("CFG-002, CFG-003, CFG-004: a directory's YAML files in the order of their names")
    void readsDirectories() throws IOException {
        write("10.yaml", "a: {x: 1, y: 2}\nlist: [1, 2]\nz: 1");
        write("2.yml", "a: {x: 9}\nlist: [3]\nz: null");
        write("1.yml", "a: {w: 0}");
        write("99.conf", "a: not read");
        Files.createDirectory(directory.resolve("5.yml"));

        assertThat(load(directory, Map.of())).isEqualTo(YamlTreeTest.tree("a: {w: 0, x: 9, y: 2}\nlist: [3]"));
    }

    @Test
    @DisplayName("CFG-005: a file that is no mapping, or no YAML, is named")
    void refusesOtherRoots() throws IOException {
        for (String text : new String[] {"- a\n", "text", "", "a: [", "a: b: c"}) {
            Path file = write("bad.yml", text);
            assertThatThrownBy(() -> load(file, Map.of()))
                    .as(text)
                    .isInstanceOf(ConfigException.class)
                    .hasMessageStartingWith("invalid config file " + file);
        }
        write("good.yml", "a: 1");
        assertThatThrownBy(() -> load(directory, Map.of())).hasMessageContaining("bad.yml");
    }

    @Test
    @DisplayName("a file that is not UTF-8 is named")
    void refusesOtherEncodings() throws IOException {
        Path file = directory.resolve("latin.yml");
        Files.write(file, new byte[] {'a', ':', ' ', (byte) 0xe9});
        assertThatThrownBy(() -> load(file, Map.of())).hasMessageContaining("invalid config file " + file);
    }

    @Test
    @DisplayName("CFG-006: without a file PATRONI_CONFIGURATION is everything")
    void documentAlone() {
        Map<String, String> environment = Map.of("PATRONI_CONFIGURATION", "scope: s", "PATRONI_NAME", "n");
        assertThat(load(directory.resolve("missing"), environment)).isEqualTo(Map.of("scope", "s"));
        assertThat(ConfigLoader.load(Optional.empty(), environment).tree()).isEqualTo(Map.of("scope", "s"));
    }

    @Test
    @DisplayName("CFG-007: with a file PATRONI_CONFIGURATION is nothing")
    void fileAlone() throws IOException {
        Path file = write("a.yml", "scope: file");
        assertThat(load(file, Map.of("PATRONI_CONFIGURATION", "scope: env"))).isEqualTo(Map.of("scope", "file"));
    }

    @Test
    @DisplayName("CFG-008: with neither the variables count, and nothing at all is an error")
    void variablesAlone() {
        assertThat(load(directory.resolve("missing"), Map.of("PATRONI_NAME", "n")))
                .isEqualTo(Map.of("name", "n"));
        assertThatThrownBy(() -> ConfigLoader.load(Optional.empty(), Map.of("PATH", "/bin")))
                .isInstanceOf(ConfigException.class)
                .hasMessage("Config is empty.");
        assertThatThrownBy(() -> load(directory.resolve("missing"), Map.of()))
                .hasMessageStartingWith("Config is empty.")
                .hasMessageContaining("missing");
    }

    @Test
    @DisplayName("CFG-048: a reload reads the file again and lays the old environment over it")
    void reloads() throws IOException {
        Path file = write("a.yml", "scope: s\nname: n\ntags: {a: 1}");
        LocalConfig first = ConfigLoader.load(Optional.of(file), Map.of("PATRONI_NAME", "env"));
        write("a.yml", "scope: s\nname: changed\ntags: {a: 2}");

        LocalConfig second = first.reload();

        assertThat(second.tree()).isEqualTo(YamlTreeTest.tree("scope: s\nname: env\ntags: {a: 2}"));
        assertThat(second.sameAs(first)).isFalse();
        assertThat(second.reload().sameAs(second)).isTrue();
    }

    @Test
    @DisplayName("older shapes are read: users without authentication, the name in postgresql")
    void readsOldShapes() {
        LocalConfig config = LocalConfig.of(YamlTreeTest.tree(
                "postgresql: {name: n, replication: {username: r}, pg_rewind: {username: w, password: p}}"));

        assertThat(config.tree())
                .isEqualTo(YamlTreeTest.tree("name: n\npostgresql: {name: n, use_pg_rewind: true, authentication:"
                        + " {replication: {username: r}, rewind: {username: w, password: p},"
                        + " superuser: {username: w, password: p}}}"));
    }

    @Test
    @DisplayName("half a citus section is none, a whole one asks for quorum commit")
    void readsCitus() {
        assertThat(LocalConfig.of(YamlTreeTest.tree("citus: {group: x, database: d}"))
                        .tree())
                .isEmpty();
        assertThat(LocalConfig.of(YamlTreeTest.tree("citus: {group: 0, database: d}\nbootstrap: {dcs: {ttl: 30}}"))
                        .tree())
                .isEqualTo(YamlTreeTest.tree(
                        "citus: {group: 0, database: d}\nbootstrap: {dcs: {ttl: 30, synchronous_mode: quorum}}"));
    }

    private Path write(String name, String text) throws IOException {
        return Files.writeString(directory.resolve(name), text);
    }

    private static Map<String, Object> load(Path path, Map<String, String> environment) {
        return ConfigLoader.load(Optional.of(path), environment).tree();
    }
}

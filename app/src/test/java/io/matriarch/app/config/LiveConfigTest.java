package io.matriarch.app.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.matriarch.ports.plugin.ConfigProblems;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LiveConfigTest {

    @TempDir
    Path directory;

    private Path data;
    private Path file;

    @BeforeEach
    void prepare() throws IOException {
        data = Files.createDirectory(directory.resolve("data"));
        Files.setPosixFilePermissions(data, PosixFilePermissions.fromString("rwx------"));
        file = directory.resolve("member.yml");
        write("bootstrap: {dcs: {ttl: 40, maximum_lag_on_failover: 5}}");
    }

    @Test
    @DisplayName("CFG-025: a first start uses bootstrap.dcs")
    void startsWithBootstrap() {
        LiveConfig live = start();
        assertThat(live.effective().timings().ttl()).isEqualTo(Duration.ofSeconds(40));
        assertThat(live.document()).isEqualTo("{\"ttl\":40,\"maximum_lag_on_failover\":5}");
    }

    @Test
    @DisplayName("CFG-027, CFG-029: the cached copy is written once after a change and used at the next start")
    void keepsACopy() throws IOException {
        LiveConfig live = start();
        assertThat(live.adopt("{\"ttl\":20,\"loop_wait\":5,\"retry_timeout\":5}"))
                .isTrue();
        live.save();

        Path copy = data.resolve(DynamicConfigCache.FILE);
        assertThat(copy).hasContent("{\"ttl\":20,\"loop_wait\":5,\"retry_timeout\":5}");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(copy)))
                .isEqualTo("rw-------");
        Files.delete(copy);
        live.save();
        assertThat(copy).as("nothing changed, so nothing is written").doesNotExist();
        live.adopt("{\"ttl\":21}");
        live.save();
        assertThat(start().effective().timings().ttl()).isEqualTo(Duration.ofSeconds(21));
        try (Stream<Path> files = Files.list(data)) {
            assertThat(files).containsExactly(copy);
        }
    }

    @Test
    @DisplayName("CFG-027: with a data directory the group may read, the copy is readable too")
    void followsTheDirectorysMode() throws IOException {
        Files.setPosixFilePermissions(data, PosixFilePermissions.fromString("rwxr-x---"));
        start().save();
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(data.resolve(DynamicConfigCache.FILE))))
                .isEqualTo("rw-r-----");
    }

    @Test
    @DisplayName("CFG-030: a corrupt copy is ignored")
    void ignoresCorruptCopies() throws IOException {
        for (String text : new String[] {"{\"ttl\": 1", "[]", "", "null", "{\"ttl\": \"soon\"}"}) {
            Files.writeString(data.resolve(DynamicConfigCache.FILE), text);
            assertThat(start().effective().timings().ttl()).as(text).isEqualTo(Duration.ofSeconds(40));
        }
    }

    @Test
    @DisplayName("HA-021, CFG-017, CFG-037: an unusable document changes nothing, an equal one neither")
    void adoptsWhatIsNew() {
        LiveConfig live = start();
        for (String bad :
                new String[] {"", "{}", "[1]", "{", "{\"ttl\":\"x\"}", "{\"ttl\":\"40\",\"maximum_lag_on_failover\":5}"
                }) {
            LiveConfig.State before = live.state();
            assertThat(live.adopt(bad)).as(bad).isFalse();
            assertThat(live.state()).isSameAs(before);
        }
        assertThat(live.adopt("{\"ttl\":40,\"my_own\":{\"x\":1}}")).isTrue();
        assertThat(live.document()).isEqualTo("{\"ttl\":40,\"my_own\":{\"x\":1}}");
    }

    @Test
    @DisplayName("CFG-039, CFG-040, CFG-041: a reload takes over what is usable and different")
    void reloads() throws IOException {
        LiveConfig live = start();
        live.adopt(Map.of("ttl", 50));
        assertThat(live.reload()).isEqualTo(LiveConfig.Reloaded.UNCHANGED);

        write("tags: {datacenter: one}");
        assertThat(live.reload()).isEqualTo(LiveConfig.Reloaded.CHANGED);
        assertThat(live.state().agent().tags().published()).isEqualTo(Map.of("datacenter", "one"));
        assertThat(live.effective().timings().ttl()).as("CFG-026").isEqualTo(Duration.ofSeconds(50));

        for (String bad : new String[] {"tags: [", "tags: {datacenter: two}\nlog: {level: LOUD}"}) {
            write(bad);
            assertThat(live.reload()).as(bad).isEqualTo(LiveConfig.Reloaded.REFUSED);
            assertThat(live.state().agent().tags().published()).isEqualTo(Map.of("datacenter", "one"));
        }
        Files.delete(file);
        assertThat(live.reload()).isEqualTo(LiveConfig.Reloaded.REFUSED);
    }

    @Test
    @DisplayName("a start with problems is refused")
    void refusesProblems() throws IOException {
        write("log: 5");
        assertThatThrownBy(this::start)
                .isInstanceOf(ConfigProblems.class)
                .hasMessageContaining("log 5 is not a dictionary");
    }

    private LiveConfig start() {
        return LiveConfig.start(ConfigLoader.load(Optional.of(file), Map.of()));
    }

    private void write(String more) throws IOException {
        Files.writeString(file, AgentConfigTest.SMALLEST.replace("/data", data.toString()) + more);
    }
}

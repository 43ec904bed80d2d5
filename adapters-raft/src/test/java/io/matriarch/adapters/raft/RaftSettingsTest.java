package io.matriarch.adapters.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.matriarch.adapters.raft.rpc.TransportSecurity;
import io.matriarch.ports.plugin.ConfigProblems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("the section raft (configuration 3.7)")
class RaftSettingsTest {

    @TempDir
    Path directory;

    private Map<String, Object> plain() {
        var values = new HashMap<String, Object>();
        values.put("self_addr", "127.0.0.1:5012");
        values.put("partner_addrs", List.of("127.0.0.1:5011", "127.0.0.1:5010", "127.0.0.1:5012"));
        values.put("data_dir", directory.resolve("new").toString());
        return values;
    }

    private static RaftSettings member(Map<String, Object> values) {
        return RaftSettings.member(MapSection.of(values));
    }

    private static void assertProblem(Map<String, Object> values, String text) {
        assertThatThrownBy(() -> member(values))
                .isInstanceOf(ConfigProblems.class)
                .hasMessageContaining(text);
    }

    @Test
    @DisplayName(
            "the first configuration is everybody, in the same order on all members; reading it makes no directory")
    void everybody() {
        var settings = member(plain());
        assertThat(settings.everybody().toString()).isEqualTo("[127.0.0.1:5010, 127.0.0.1:5011, 127.0.0.1:5012]");
        assertThat(settings.partners()).hasSize(2);
        assertThat(settings.bind()).isEqualTo(settings.self());
        assertThat(settings.open()).isTrue();
        assertThat(directory.resolve("new")).doesNotExist();
    }

    @Test
    @DisplayName("a password is a secret, three files are certificates, both keep strangers out")
    void security() {
        var values = plain();
        values.put("password", "s3cret");
        values.put("require_authentication", true);
        assertThat(member(values).security()).isEqualTo(new TransportSecurity.SharedSecret("s3cret"));
        assertThat(member(values).toString()).doesNotContain("s3cret");
        values.put("cafile", "ca.pem");
        assertProblem(values, "cafile, certfile and keyfile are needed together");
        values.put("certfile", "c.pem");
        values.put("keyfile", "k.pem");
        assertThat(member(values).security()).isInstanceOf(TransportSecurity.Certificates.class);
    }

    @Test
    @DisplayName("every problem is reported at once")
    void problems() throws Exception {
        var values = plain();
        values.put("require_authentication", true);
        values.put("bind_addr", "nowhere");
        values.put("partner_addrs", List.of("a:1", "b", "c:70000"));
        Files.writeString(directory.resolve("file"), "");
        values.put("data_dir", directory.resolve("file").resolve("below").toString());
        assertThatThrownBy(() -> member(values))
                .isInstanceOf(ConfigProblems.class)
                .hasMessageContaining("raft.require_authentication true")
                .hasMessageContaining("raft.bind_addr nowhere is not host:port")
                .hasMessageContaining("'b' is not host:port")
                .hasMessageContaining("'c:70000' is not host:port")
                .hasMessageContaining("raft.data_dir");
    }

    @Test
    @DisplayName("the reference's times must make sense together, with its words")
    void times() {
        var values = plain();
        values.put("min_timeout", "0.3");
        assertProblem(values, "min_timeout (0.3) must be > 3 * append_entries_period (0.1) (default)");
        values.put("min_timeout", "2");
        assertProblem(values, "max_timeout (1.4) (default) must be > min_timeout (2.0)");
        values.put("max_timeout", "4");
        assertProblem(values, "connection_timeout (3.5) (default) must be >= max_timeout (4.0)");
    }

    @Test
    @DisplayName("without self_addr it is a client, which needs somebody to talk to")
    void client() {
        var values = plain();
        values.remove("self_addr");
        assertProblem(values, "self_addr");
        assertThat(RaftSettings.client(MapSection.of(values)).nearestFirst()).hasSize(3);
        assertThatThrownBy(() -> RaftSettings.client(MapSection.of(Map.of()))).isInstanceOf(ConfigProblems.class);
    }
}

package io.matriarch.adapters.consul;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.matriarch.ports.dcs.Dcs;
import io.matriarch.ports.plugin.AdapterPlugin;
import io.matriarch.ports.plugin.ConfigProblems;
import io.matriarch.ports.plugin.DcsProvider;
import io.matriarch.ports.testing.MapSection;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConsulSettingsTest {

    @TempDir
    private Path directory;

    private static ConsulSettings read(Map<String, Object> values) {
        return ConsulSettings.from(new MapSection("consul", values));
    }

    private static String url(Map<String, Object> values) {
        return read(values).url().toString();
    }

    @Test
    @DisplayName("host, port and scheme with their defaults, IPv6 included; a url wins over them")
    void agent() {
        assertThat(url(Map.of())).isEqualTo("http://127.0.0.1:8500");
        assertThat(url(Map.of("host", "c0"))).isEqualTo("http://c0:8500");
        assertThat(url(Map.of("host", "c0", "port", "8501", "scheme", "https"))).isEqualTo("https://c0:8501");
        assertThat(url(Map.of("host", "c0:8502", "port", 8501))).isEqualTo("http://c0:8502");
        assertThat(url(Map.of("host", "[::1]:8502"))).isEqualTo("http://[::1]:8502");
        assertThat(url(Map.of("host", "::1"))).isEqualTo("http://[::1]:8500");
        assertThat(url(Map.of("host", "[::1]"))).isEqualTo("http://[::1]:8500");
        assertThat(url(Map.of("url", "https://c1:1", "host", "c0", "scheme", "http")))
                .isEqualTo("https://c1:1");
        assertThat(url(Map.of("url", "http://[::1]"))).isEqualTo("http://[::1]:8500");
    }

    @Test
    @DisplayName("token, dc, checks and verification; a token is not printed, and cacert implies verification")
    void others() throws Exception {
        var plain = read(Map.of());
        assertThat(plain.token()).isEmpty();
        assertThat(plain.datacenter()).isEmpty();
        assertThat(plain.checks()).isEmpty();
        assertThat(plain.tls()).isEmpty();

        var file = Files.writeString(directory.resolve("ca.pem"), "");
        var all = read(Map.of(
                "url", "https://c0:8501",
                "token", "hidden",
                "dc", "north",
                "checks", List.of("serfHealth"),
                "consistency", "stale",
                "verify", "false",
                "cacert", file.toString()));
        assertThat(all.toString()).doesNotContain("hidden");
        assertThat(all.token().orElseThrow().reveal()).isEqualTo("hidden");
        assertThat(all.datacenter()).contains("north");
        assertThat(all.checks()).containsExactly("serfHealth");
        assertThat(all.tls().orElseThrow().verify()).isTrue();
        assertThat(read(Map.of("scheme", "https", "verify", false))
                        .tls()
                        .orElseThrow()
                        .verify())
                .isFalse();
        assertThat(read(Map.of("scheme", "https")).tls().orElseThrow().verify()).isTrue();
    }

    @Test
    @DisplayName("everything that is wrong is reported at once")
    void problems() throws Exception {
        assertThatThrownBy(() -> read(Map.of(
                        "host", "c0:x",
                        "port", 70000,
                        "scheme", "ftp",
                        "consistency", "eventual",
                        "service_check_interval", "5",
                        "cacert", "/nonexistent/ca.pem",
                        "key", "/nonexistent/key.pem")))
                .isInstanceOf(ConfigProblems.class)
                .hasMessageContaining("consul.host c0:x expected host or host:port")
                .hasMessageContaining("consul.port 70000 not a port")
                .hasMessageContaining("consul.scheme ftp expected http or https")
                .hasMessageContaining("consul.consistency eventual")
                .hasMessageContaining("consul.service_check_interval 5 expected a length of time with its unit")
                .hasMessageContaining("consul.cacert /nonexistent/ca.pem cannot be read")
                .hasMessageContaining("consul.cert  a key is for a certificate");
        assertThatThrownBy(() -> read(Map.of("url", "c0:8500"))).hasMessageContaining("consul.url");

        var empty = Files.writeString(directory.resolve("empty.pem"), "");
        var section = new MapSection(
                "consul", Map.of("scheme", "https", "cacert", empty.toString(), "cert", empty.toString()));
        assertThatThrownBy(() -> ConsulTls.context(section, ConsulSettings.from(section)))
                .isInstanceOf(ConfigProblems.class)
                .hasMessageContaining("consul.cacert")
                .hasMessageContaining("consul.cert");
    }

    @Test
    @DisplayName("the plugin and the provider are found")
    void services() {
        assertThat(ServiceLoader.load(AdapterPlugin.class).stream()
                        .map(found -> found.get().section()))
                .containsExactly("consul");
        assertThat(ServiceLoader.load(DcsProvider.class).stream()
                        .map(found -> found.get().section()))
                .containsExactly("consul");
        assertThat(new ConsulPlugin().ports()).containsExactly(Dcs.class);
    }
}

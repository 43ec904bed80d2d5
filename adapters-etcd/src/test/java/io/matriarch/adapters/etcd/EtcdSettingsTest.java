package io.matriarch.adapters.etcd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.matriarch.ports.dcs.Dcs;
import io.matriarch.ports.plugin.AdapterPlugin;
import io.matriarch.ports.plugin.ConfigProblems;
import io.matriarch.ports.plugin.DcsProvider;
import io.matriarch.ports.testing.MapSection;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class EtcdSettingsTest {

    private static EtcdSettings read(Map<String, Object> values) {
        return EtcdSettings.from(new MapSection("etcd3", values));
    }

    private static List<String> hosts(Map<String, Object> values) {
        return read(values).hosts().stream().map(Endpoint::toString).toList();
    }

    @Test
    @DisplayName("hosts, host and port: default port, lists, comma-separated text, IPv6")
    void endpoints() {
        assertThat(hosts(Map.of("host", "e0"))).containsExactly("e0:2379");
        assertThat(hosts(Map.of("host", "e0:4001"))).containsExactly("e0:4001");
        assertThat(hosts(Map.of("host", "e0", "port", 4001))).containsExactly("e0:4001");
        assertThat(hosts(Map.of("hosts", "e0:1,e1", "port", 4001))).containsExactly("e0:1", "e1:4001");
        assertThat(hosts(Map.of("hosts", List.of("e0:1", "e1:2")))).containsExactly("e0:1", "e1:2");
        assertThat(hosts(Map.of("host", "[::1]:4001"))).containsExactly("[::1]:4001");
        assertThat(hosts(Map.of("host", "[fe80::1]"))).containsExactly("[fe80::1]:2379");
        assertThat(hosts(Map.of("host", "::1:4001"))).containsExactly("[::1]:4001");
    }

    @Test
    @DisplayName("proxy wins over srv, srv over hosts, hosts over host; only a proxy switches discovery off by itself")
    void precedence() {
        Map<String, Object> all = Map.of("proxy", "http://p:1", "srv", "example.org", "hosts", "e1", "host", "e0");
        assertThat(hosts(all)).containsExactly("p:1");
        assertThat(read(all).discover()).isFalse();
        assertThat(read(all).srv()).isEmpty();

        Map<String, Object> srv = Map.of("srv", "example.org", "srv_suffix", "x", "hosts", "e1");
        assertThat(read(srv).srv()).contains("example.org");
        assertThat(read(srv).hosts()).isEmpty();
        assertThat(read(Map.of("discovery_srv", "a.org")).srv()).contains("a.org");

        assertThat(hosts(Map.of("hosts", "e1", "host", "e0"))).containsExactly("e1:2379");
        assertThat(read(Map.of("host", "e0")).discover()).isTrue();
        assertThat(read(Map.of("host", "e0", "use_proxies", "true")).discover()).isFalse();
    }

    @Test
    @DisplayName("a url sets protocol, host, port, name and password, also to nothing")
    void url() {
        var settings = read(Map.of("url", "https://us%40er:p%2Bss+@e0:4001"));
        assertThat(settings.hosts()).containsExactly(new Endpoint("e0", 4001));
        assertThat(settings.tls()).isPresent();
        assertThat(settings.credentials().orElseThrow().username()).isEqualTo("us@er");
        assertThat(settings.credentials().orElseThrow().password().reveal()).isEqualTo("p+ss+");
        assertThat(settings.toString()).doesNotContain("p+ss+");

        var plain = read(Map.of("url", "http://[::1]", "username", "u", "password", "p", "protocol", "https"));
        assertThat(plain.hosts()).containsExactly(new Endpoint("::1", 2379));
        assertThat(plain.credentials()).isEmpty();
        assertThat(plain.tls()).isEmpty();
    }

    @Test
    @DisplayName("everything that is wrong is reported at once")
    void problems() {
        assertThatThrownBy(() -> read(
                        Map.of("hosts", "e0:x", "protocol", "ftp", "username", "u", "cacert", "/nonexistent/ca.pem")))
                .isInstanceOf(ConfigProblems.class)
                .hasMessageContaining("etcd3.hosts e0:x 'e0:x' is not host or host:port")
                .hasMessageContaining("etcd3.protocol ftp")
                .hasMessageContaining("etcd3.password")
                .hasMessageContaining("etcd3.cacert /nonexistent/ca.pem cannot be read");
        assertThatThrownBy(() -> read(Map.of())).hasMessageContaining("host, hosts, url, proxy and srv");
        assertThatThrownBy(() -> read(Map.of("url", "e0:2379"))).hasMessageContaining("etcd3.url");
        assertThatThrownBy(() -> read(Map.of("host", "e0", "port", 70000))).hasMessageContaining("etcd3.port");
    }

    @Test
    @DisplayName("SRV records are read as priority, weight, port, target")
    void serviceRecord() {
        assertThat(EtcdEndpoints.parse("0 10 2379 e0.example.org.")).isEqualTo(new Endpoint("e0.example.org", 2379));
    }

    @Test
    @DisplayName("the plugin and the provider are found; the section of etcd v2 says what to use instead")
    void services() {
        assertThat(ServiceLoader.load(AdapterPlugin.class).stream()
                        .map(found -> found.get().section()))
                .contains("etcd3", "etcd");
        assertThat(ServiceLoader.load(DcsProvider.class).stream()
                        .map(found -> found.get().section()))
                .contains("etcd3", "etcd");
        assertThat(new EtcdPlugin().ports()).containsExactly(Dcs.class);
        assertThatThrownBy(() -> new EtcdV2Plugin().module(new MapSection("etcd", Map.of("host", "e0"))))
                .isInstanceOf(ConfigProblems.class)
                .hasMessageContaining("etcd3");
    }
}

package io.matriarch.app.ctl;

import static io.matriarch.app.ctl.CtlFixture.pair;
import static org.assertj.core.api.Assertions.assertThat;

import io.matriarch.app.ctl.CtlFixture.Result;
import io.matriarch.domain.cluster.Scope;
import io.matriarch.ports.plugin.DcsContext;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class InvocationTest {

    @TempDir
    Path folder;

    private Path file(String text) throws IOException {
        return Files.writeString(folder.resolve("ctl.yml"), text);
    }

    @Test
    @DisplayName("CTL-001 a file that was named must be there, the default one need not")
    void missingFile() {
        assertThat(pair().run("-c", "/nosuch.yml", "list"))
                .isEqualTo(new Result(
                        1,
                        "",
                        "Error: Provided config file /nosuch.yml not existing or no read rights. Check the"
                                + " -c/--config-file parameter\n"));
        var fixture = pair();
        fixture.environment.put("HOME", folder.toString());
        assertThat(fixture.run("list").status()).isZero();
    }

    @Test
    @DisplayName("CTL-001 the default file is found under XDG_CONFIG_HOME and HOME")
    void defaultFile() throws IOException {
        var fixture = new CtlFixture();
        fixture.environment.clear();
        fixture.environment.put("HOME", folder.toString());
        Path patroni = Files.createDirectories(folder.resolve(".config/patroni"));
        Files.writeString(patroni.resolve("patronictl.yaml"), "{scope: robin, raft: {self_addr: 'a:1'}}");
        assertThat(fixture.run("list").out()).contains("Cluster: robin");
    }

    @Test
    @DisplayName("CTL-002 the file of the environment, and -c before it")
    void fileOfTheEnvironment() throws IOException {
        var fixture = new CtlFixture();
        fixture.environment.clear();
        fixture.environment.put(
                "PATRONICTL_CONFIG_FILE",
                file("{scope: robin, raft: {self_addr: 'a:1'}}").toString());
        assertThat(fixture.run("list").out()).contains("Cluster: robin");
        Path other = Files.writeString(folder.resolve("other.yml"), "{scope: joker, raft: {self_addr: 'a:1'}}");
        assertThat(fixture.run("-c", other.toString(), "list").out()).contains("Cluster: joker");
        assertThat(fixture.run("--config-file=" + other, "list").out()).contains("Cluster: joker");
    }

    @Test
    @DisplayName("CTL-003 single variables suffice")
    void variables() {
        var fixture = new CtlFixture();
        fixture.environment.clear();
        fixture.environment.putAll(Map.of("PATRONI_SCOPE", "robin", "PATRONI_ETCD3_HOST", "h:2379"));
        assertThat(fixture.run("list").out()).contains("Cluster: robin");
        assertThat(fixture.section).contains(Map.of("host", "h:2379"));
    }

    @Test
    @DisplayName("CTL-004 -d and DCS_URL replace the store's section and the namespace")
    void url() {
        var fixture = new CtlFixture();
        fixture.environment.put(
                "PATRONI_CONFIGURATION", "{scope: robin, namespace: /db/, etcd3: {hosts: 'x:1'}, consul: {host: y}}");
        fixture.run("-d", "etcd3://h:4001/ns", "list");
        assertThat(fixture.section).contains(Map.of("host", "h:4001"));
        assertThat(fixture.opened.map(DcsContext::scope)).contains(new Scope("ns", "robin"));
        fixture.environment.put("DCS_URL", "consul://h");
        fixture.run("list");
        assertThat(fixture.section).contains(Map.of("host", "h:8500"));
        assertThat(fixture.opened.map(DcsContext::scope)).contains(new Scope("db", "robin"));
    }

    @ParameterizedTest
    @CsvSource({
        "localhost:8500, consul, localhost:8500",
        "localhost, etcd, localhost:2379",
        ":2181, zookeeper, localhost:2181",
        "h:8181, exhibitor, h:8181",
        "etcd3://[::1], etcd3, [::1]:2379",
        "etcd3://, etcd3, localhost:2379",
    })
    @DisplayName("CTL-005 without a scheme the port tells the store")
    void urlWithoutScheme(String url, String scheme, String address) {
        StoreUrl parsed = StoreUrl.parse(url);
        assertThat(parsed.scheme()).isEqualTo(scheme);
        assertThat(parsed.address()).isEqualTo(address);
    }

    @Test
    @DisplayName("CTL-006 an unknown scheme")
    void unknownScheme() {
        assertThat(pair().run("-d", "foo://x", "list"))
                .isEqualTo(new Result(1, "", "Error: Unknown dcs scheme: foo\n"));
    }

    @Test
    @DisplayName("no store configured")
    void noStore() {
        var fixture = new CtlFixture();
        fixture.environment.clear();
        assertThat(fixture.run("list", "x")).isEqualTo(new Result(1, "", """
                        Error: Can not find suitable configuration of distributed configuration store
                        Available implementations: consul, etcd, etcd3, raft
                        """));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "                 | Missing command.",
                "nosuch           | No such command 'nosuch'.",
                "--nosuch list    | No such option: --nosuch",
                "list --nosuch    | No such option: --nosuch",
                "reload           | Missing argument 'CLUSTER_NAME'.",
                "dsn -m           | Option '-m' requires an argument.",
                "dsn a b          | Got unexpected extra argument (b)",
                "dsn -r king      | Invalid value for '--role' / '-r': 'king' is not one of 'leader', 'primary', 'standby-leader', 'replica', 'standby', 'any'.",
                "list -f xml      | Invalid value for '--format' / '-f': 'xml' is not one of 'pretty', 'tsv', 'json', 'yaml', 'yml'.",
                "list --group x   | Invalid value for '--group': 'x' is not a valid integer.",
                "list -w x        | Invalid value for '--watch' / '-w': 'x' is not a valid float.",
            })
    @DisplayName("CTL-007 what is no command line: usage on stderr, exit status 2")
    void usage(String words, String message) {
        Result result = pair().run(words == null ? new String[0] : words.split(" "));
        assertThat(result.status()).isEqualTo(2);
        assertThat(result.out()).isEmpty();
        assertThat(result.err()).startsWith("Usage: patronictl ").endsWith("\n\nError: " + message + "\n");
    }

    @Test
    @DisplayName("help names every verb and every option")
    void help() {
        assertThat(pair().run("--help").out())
                .contains(
                        "Usage: patronictl [OPTIONS] COMMAND [ARGS]...", "  list ", "  demote-cluster", "  switchover");
        assertThat(pair().run("restart", "--help").out()).contains("--pg-version TEXT", "-r, --role [leader|");
    }

    @Test
    @DisplayName("options may stand anywhere behind the verb, values attached or apart")
    void order() {
        assertThat(pair().run("list", "-fjson", "batman").out()).startsWith("[{");
        assertThat(pair().run("list", "batman", "--format=json").out()).startsWith("[{");
    }

    @Test
    @DisplayName("--group is a level below the scope")
    void group() {
        var fixture = pair();
        fixture.run("list", "--group", "0");
        assertThat(fixture.opened.map(DcsContext::scope)).contains(new Scope("service", "batman/0"));
    }

    @Test
    @DisplayName("the training run shows an invented cluster and reads the store")
    void training() {
        Result result = pair().run("aot-training");
        assertThat(result.status()).isZero();
        assertThat(result.err()).isEmpty();
        assertThat(result.out()).contains("Cluster: training", "\"Member\": \"b\"");
        assertThat(pair().run("--help").out()).doesNotContain("training");
    }
}

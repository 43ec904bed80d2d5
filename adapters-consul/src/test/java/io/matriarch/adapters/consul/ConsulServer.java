package io.matriarch.adapters.consul;

import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.cluster.Scope;
import io.matriarch.ports.dcs.Dcs;
import io.matriarch.ports.dcs.DcsTiming;
import io.matriarch.ports.plugin.ConfigSection;
import io.matriarch.ports.plugin.DcsContext;
import io.matriarch.ports.testing.DebianPackage;
import io.matriarch.ports.testing.MapSection;
import io.matriarch.ports.testing.NanoClock;
import io.matriarch.ports.testing.ServerProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/** A real Consul server, Debian 11's 1.8.7, on free loopback ports, its data in a temporary folder. */
final class ConsulServer implements AutoCloseable {

    /** Sessions as short as a test wants them; Consul's own minimum is 10 s. */
    static final String SHORT_SESSIONS = "session_ttl_min = \"500ms\"\n";

    private final Path directory;
    private final int port;
    private final List<String> command;
    private final HttpClient http = HttpClient.newHttpClient();
    private ServerProcess process;

    private ConsulServer(Path directory, int port, List<String> command) {
        this.directory = directory;
        this.port = port;
        this.command = command;
        this.process = ServerProcess.start(directory, "consul", command, Map.of());
    }

    static ConsulServer start(String configuration) {
        var consul = DebianPackage.unpacked("bullseye", "consul").resolve("usr/bin/consul");
        var ports = ServerProcess.freePorts(4);
        try {
            var directory = Files.createTempDirectory("matriarch-consul");
            var file = Files.writeString(
                    directory.resolve("server.hcl"), configuration + "performance { raft_multiplier = 1 }\n");
            var server = new ConsulServer(
                    directory,
                    ports.get(0),
                    List.of(
                            consul.toString(),
                            "agent",
                            "-server",
                            "-bootstrap-expect=1",
                            "-node=c0",
                            "-bind=127.0.0.1",
                            "-client=127.0.0.1",
                            "-data-dir=" + directory.resolve("data"),
                            "-config-file=" + file,
                            "-http-port=" + ports.get(0),
                            "-server-port=" + ports.get(1),
                            "-serf-lan-port=" + ports.get(2),
                            "-serf-wan-port=" + ports.get(3),
                            "-dns-port=-1",
                            "-grpc-port=-1"));
            server.awaitLeader();
            return server;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    int port() {
        return port;
    }

    ServerProcess process() {
        return process;
    }

    void restart() {
        process.close();
        process = ServerProcess.start(directory, "consul", command, Map.of());
        awaitLeader();
    }

    /** A client as the configuration would make one. */
    Dcs client(MemberName member, String scope, DcsTiming timing, Map<String, Object> more) {
        return client(port, member, scope, timing, more);
    }

    static Dcs client(int port, MemberName member, String scope, DcsTiming timing, Map<String, Object> more) {
        return client(port, member, scope, timing, () -> more);
    }

    /** A client of a member whose configuration may change while it runs. */
    Dcs client(MemberName member, String scope, DcsTiming timing, Supplier<Map<String, Object>> more) {
        return client(port, member, scope, timing, more);
    }

    private static Dcs client(
            int port, MemberName member, String scope, DcsTiming timing, Supplier<Map<String, Object>> more) {
        Supplier<ConfigSection> section = () -> {
            var values = new HashMap<String, Object>(more.get());
            values.put("host", "127.0.0.1:" + port);
            return new MapSection("consul", values);
        };
        var context = new DcsContext(
                new Scope("service", scope), Optional.of(member), timing, new NanoClock(), Optional.of(section));
        return new ConsulProvider().client(section.get(), context);
    }

    /** A call of the HTTP API: what operators' tools and other agents do to the same keys. */
    String call(String method, String path, String body, String... headers) {
        var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/v1/" + path))
                .timeout(Duration.ofSeconds(30))
                .method(method, HttpRequest.BodyPublishers.ofString(body));
        for (int i = 0; i + 1 < headers.length; i += 2) {
            request.header(headers[i], headers[i + 1]);
        }
        try {
            return http.send(request.build(), HttpResponse.BodyHandlers.ofString())
                    .body();
        } catch (IOException e) {
            return "";
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", e);
        }
    }

    @Override
    public void close() {
        http.close();
        process.close();
        try (var files = Files.walk(directory)) {
            for (var file : files.sorted((one, other) -> other.compareTo(one)).toList()) {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void awaitLeader() {
        process.awaitPort(port);
        process.await("a leader", () -> call("GET", "status/leader", "").contains(":"));
        // A leader that is elected still has to be established before it makes sessions.
        process.await("sessions", () -> {
            var created = call("PUT", "session/create", "{\"Name\":\"probe\"}", "X-Consul-Token", "");
            return created.contains("\"ID\"") || created.contains("Permission denied");
        });
    }
}

package io.matriarch.adapters.etcd;

import io.matriarch.ports.testing.DebianPackage;
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
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** A real etcd cluster on free loopback ports, its data in a temporary folder. */
final class EtcdCluster implements AutoCloseable {

    /** What the tests run: Debian 12's 3.4, which lacks the fix of a deposed leader's keep-alive, and Debian 13's 3.5. */
    enum Version {
        ETCD_3_4("bookworm"),
        ETCD_3_5("trixie");

        private final String suite;

        Version(String suite) {
            this.suite = suite;
        }
    }

    private final Path directory;
    private final List<Integer> clientPorts;
    private final List<List<String>> commands = new ArrayList<>();
    private final List<ServerProcess> members = new ArrayList<>();
    private final HttpClient http = HttpClient.newHttpClient();

    private EtcdCluster(Path directory, List<Integer> clientPorts) {
        this.directory = directory;
        this.clientPorts = clientPorts;
    }

    static EtcdCluster start(Version version, int size, String... options) {
        var etcd = DebianPackage.unpacked(version.suite, "etcd-server").resolve("usr/bin/etcd");
        var ports = ServerProcess.freePorts(2 * size);
        var cluster = new EtcdCluster(temporaryDirectory(), ports.subList(0, size));
        var peers = IntStream.range(0, size)
                .mapToObj(i -> "e" + i + "=" + url(ports.get(size + i)))
                .collect(Collectors.joining(","));
        for (int i = 0; i < size; i++) {
            var command = new ArrayList<>(List.of(
                    etcd.toString(),
                    "--name=e" + i,
                    "--data-dir=" + cluster.directory.resolve("e" + i),
                    "--listen-client-urls=" + url(ports.get(i)),
                    "--advertise-client-urls=" + url(ports.get(i)),
                    "--listen-peer-urls=" + url(ports.get(size + i)),
                    "--initial-advertise-peer-urls=" + url(ports.get(size + i)),
                    "--initial-cluster=" + peers,
                    "--initial-cluster-state=new"));
            command.addAll(List.of(options));
            cluster.commands.add(command);
            cluster.members.add(cluster.launch(i));
        }
        for (int i = 0; i < size; i++) {
            cluster.awaitHealth(i);
        }
        return cluster;
    }

    int size() {
        return clientPorts.size();
    }

    int port(int member) {
        return clientPorts.get(member);
    }

    List<String> hosts() {
        return clientPorts.stream().map(port -> "127.0.0.1:" + port).toList();
    }

    ServerProcess member(int index) {
        return members.get(index);
    }

    void restart(int index) {
        members.get(index).close();
        members.set(index, launch(index));
        awaitHealth(index);
    }

    /** A restart of a member that answers only to who has a name. */
    void restartWithAuthentication(int index) {
        members.get(index).close();
        members.set(index, launch(index));
        members.get(index).awaitPort(port(index));
        members.get(index)
                .await(
                        "a leader",
                        () -> !post(index, "/v3/kv/range", "{\"key\":\"aGVhbHRo\"}")
                                .isEmpty());
    }

    /** The member that leads, as the majority says; asked of one that answers. */
    int leader() {
        for (int i = 0; i < size(); i++) {
            var status = post(i, "/v3/maintenance/status", "{}");
            var leader = field(status, "leader");
            if (!leader.isEmpty() && leader.equals(field(status, "member_id"))) {
                return i;
            }
        }
        throw new AssertionError("no member leads");
    }

    /** A call of the JSON gateway: what operators' tools and other agents do to the same keys. */
    String post(int member, String path, String body) {
        return post(member, path, body, Duration.ofSeconds(30));
    }

    /** The answer, empty when none comes in time. */
    String post(int member, String path, String body, Duration limit) {
        var request = HttpRequest.newBuilder(URI.create(url(port(member)) + path))
                .timeout(limit)
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
        try {
            return http.send(request, HttpResponse.BodyHandlers.ofString()).body();
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
        members.forEach(ServerProcess::close);
        try (var files = Files.walk(directory)) {
            for (var file : files.sorted((one, other) -> other.compareTo(one)).toList()) {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private ServerProcess launch(int index) {
        return ServerProcess.start(directory, "e" + index, commands.get(index), Map.of());
    }

    private void awaitHealth(int index) {
        members.get(index).awaitPort(port(index));
        members.get(index)
                .await(
                        "a linearizable read",
                        () -> post(index, "/v3/kv/range", "{\"key\":\"aGVhbHRo\"}")
                                .contains("raft_term"));
    }

    /** A field of a flat JSON answer: the tests need no more. */
    static String field(String json, String name) {
        var matcher = Pattern.compile("\"" + name + "\":\"?([^\",}]*)").matcher(json);
        return matcher.find() ? matcher.group(1) : "";
    }

    private static String url(int port) {
        return "http://127.0.0.1:" + port;
    }

    private static Path temporaryDirectory() {
        try {
            return Files.createTempDirectory("matriarch-etcd");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

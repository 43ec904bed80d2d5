package io.matriarch.app.acceptance;

import io.matriarch.ports.testing.ServerProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** HAProxy that asks the members' REST API whom to send clients to: one port for writes, one for reads. */
final class HaProxy implements AutoCloseable {

    private final int writes;
    private final int reads;
    private final ServerProcess process;

    private HaProxy(int writes, int reads, ServerProcess process) {
        this.writes = writes;
        this.reads = reads;
        this.process = process;
    }

    static HaProxy start(Cluster cluster, Path folder) {
        List<Integer> ports = ServerProcess.freePorts(2);
        String config = """
                global
                    maxconn 100
                defaults
                    mode tcp
                    retries 2
                    timeout client 30m
                    timeout connect 4s
                    timeout server 30m
                    timeout check 5s
                listen writes
                    bind 127.0.0.1:%d
                    option httpchk OPTIONS /primary
                    http-check expect status 200
                    default-server inter 1s fall 2 rise 1 on-marked-down shutdown-sessions
                %s
                listen reads
                    bind 127.0.0.1:%d
                    option httpchk OPTIONS /replica
                    http-check expect status 200
                    default-server inter 1s fall 2 rise 1 on-marked-down shutdown-sessions
                %s
                """.formatted(ports.get(0), servers(cluster), ports.get(1), servers(cluster));
        try {
            Path file = Files.writeString(folder.resolve("haproxy.cfg"), config);
            String path = System.getenv().getOrDefault("PATH", "") + ":/usr/sbin:/sbin";
            var process = ServerProcess.start(
                    folder,
                    "haproxy",
                    List.of("/usr/bin/env", "haproxy", "-db", "-f", file.toString()),
                    Map.of("PATH", path));
            process.awaitPort(ports.get(0)).awaitPort(ports.get(1));
            return new HaProxy(ports.get(0), ports.get(1), process);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String servers(Cluster cluster) {
        return cluster.members().stream()
                .map(member -> "    server %s %s:%d maxconn 100 check port %d"
                        .formatted(
                                member.name(),
                                member.address(),
                                member.port(),
                                member.ports().rest()))
                .collect(Collectors.joining("\n"));
    }

    /** The port of the server that a client of the writes' port reaches. */
    int writer() throws SQLException {
        return reached(writes);
    }

    int reader() throws SQLException {
        return reached(reads);
    }

    private static int reached(int port) throws SQLException {
        try (var connection = DriverManager.getConnection(
                        "jdbc:postgresql://127.0.0.1:" + port + "/postgres", Writers.properties());
                var statement = connection.createStatement();
                var rows = statement.executeQuery("SELECT inet_server_port()")) {
            rows.next();
            return rows.getInt(1);
        }
    }

    @Override
    public void close() {
        process.close();
    }
}

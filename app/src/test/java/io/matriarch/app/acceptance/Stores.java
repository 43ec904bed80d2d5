package io.matriarch.app.acceptance;

import io.matriarch.ports.testing.DebianPackage;
import io.matriarch.ports.testing.ServerProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** A real store of another make, one server on loopback ports, and the section of the YAML that names it. */
final class Stores implements AutoCloseable {

    private final String section;
    private final ServerProcess process;
    private final Path folder;

    private Stores(String section, ServerProcess process, Path folder) {
        this.section = section;
        this.process = process;
        this.folder = folder;
    }

    /** etcd of a Debian release: bookworm has 3.4.23, trixie 3.5.16. */
    static Stores etcd(String suite) {
        Path etcd = DebianPackage.unpacked(suite, "etcd-server").resolve("usr/bin/etcd");
        List<Integer> ports = ServerProcess.freePorts(2);
        Path folder = temporary();
        String client = "http://127.0.0.1:" + ports.get(0);
        String peer = "http://127.0.0.1:" + ports.get(1);
        var process = ServerProcess.start(
                folder,
                "etcd",
                List.of(
                        etcd.toString(),
                        "--name=e0",
                        "--data-dir=" + folder.resolve("data"),
                        "--listen-client-urls=" + client,
                        "--advertise-client-urls=" + client,
                        "--listen-peer-urls=" + peer,
                        "--initial-advertise-peer-urls=" + peer,
                        "--initial-cluster=e0=" + peer),
                Map.of());
        process.awaitPort(ports.get(0));
        return new Stores("etcd3:\n  hosts: 127.0.0.1:" + ports.get(0), process, folder);
    }

    /** Consul 1.8.7 of bullseye. */
    static Stores consul() {
        Path consul = DebianPackage.unpacked("bullseye", "consul").resolve("usr/bin/consul");
        List<Integer> ports = ServerProcess.freePorts(4);
        Path folder = temporary();
        var process = ServerProcess.start(
                folder,
                "consul",
                List.of(
                        consul.toString(),
                        "agent",
                        "-server",
                        "-bootstrap-expect=1",
                        "-bind=127.0.0.1",
                        "-client=127.0.0.1",
                        "-data-dir=" + folder.resolve("data"),
                        "-http-port=" + ports.get(0),
                        "-serf-lan-port=" + ports.get(1),
                        "-serf-wan-port=-1",
                        "-server-port=" + ports.get(2),
                        "-dns-port=-1"),
                Map.of());
        process.awaitPort(ports.get(0));
        return new Stores("consul:\n  host: 127.0.0.1:" + ports.get(0), process, folder);
    }

    String section() {
        return section;
    }

    /** From here on the store answers nobody, and refuses nobody either. */
    void suspend() {
        process.suspend();
    }

    void resume() {
        process.resume();
    }

    @Override
    public void close() {
        process.close();
        Commands.run("rm", "-rf", folder.toString());
    }

    private static Path temporary() {
        try {
            return Files.createTempDirectory("store");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

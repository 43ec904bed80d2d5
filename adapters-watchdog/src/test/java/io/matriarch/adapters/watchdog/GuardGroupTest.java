package io.matriarch.adapters.watchdog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Where control groups may be made, as below a systemd unit with {@code Delegate=yes}. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class GuardGroupTest {

    @TempDir
    Path folder;

    private Path group;

    @BeforeEach
    void makeGroup() throws IOException {
        group = Stream.of(Path.of("/sys/fs/cgroup"), Path.of("/sys/fs/cgroup/unified"))
                .filter(place -> Files.isWritable(place.resolve("cgroup.procs")))
                .findFirst()
                .map(place ->
                        place.resolve("guard-test-" + ProcessHandle.current().pid()))
                .orElse(folder);
        assumeTrue(!group.equals(folder), "control groups of the second version, and the right to make one");
        Files.createDirectory(group);
        assumeTrue(Files.exists(group.resolve("cgroup.kill")), "Linux 5.14");
    }

    @AfterEach
    void removeGroup() throws IOException {
        if (!group.equals(folder)) {
            try (var below = Files.list(group)) {
                for (Path child : below.filter(Files::isDirectory).toList()) {
                    GuardHost.await(() ->
                            Files.readAllLines(child.resolve("cgroup.procs")).isEmpty());
                    Files.delete(child);
                }
            }
            GuardHost.await(
                    () -> Files.readAllLines(group.resolve("cgroup.procs")).isEmpty());
            Files.delete(group);
        }
    }

    @Test
    @DisplayName("SAF-031 SAF-048: the server has a group of its own, and whoever is in it ends with the lease")
    void ownGroup() throws Exception {
        Path wrapper = Files.writeString(folder.resolve("guard.sh"), """
                #!/bin/sh
                echo $$ > %s/cgroup.procs
                exec %s "$@"
                """.formatted(
                        group, Path.of("target/guard/matriarch-guard").toAbsolutePath()));
        Files.setPosixFilePermissions(wrapper, PosixFilePermissions.fromString("rwxr-xr-x"));
        try (var host = new GuardHost(folder, wrapper)) {
            GuardProcess agent = host.agent();
            List<Long> family = host.family(agent);
            String own = groupOf(family.getFirst());
            assertThat(groupOf(host.guard().orElseThrow())).endsWith("/" + group.getFileName());
            assertThat(own).contains("/" + group.getFileName() + "/");
            assertThat(family).allMatch(pid -> groupOf(pid).equals(own));
            assertThat(agent.report().traits()).contains("own_cgroup");

            // Of the server, and nobody's child that the guard could know of.
            Process stray = new ProcessBuilder("/bin/sleep", "300").start();
            Path place = group.resolve(own.substring(own.lastIndexOf('/') + 1));
            Files.writeString(place.resolve("cgroup.procs"), Long.toString(stray.pid()));
            agent.arm(GuardHost.LEASE, host.in(Duration.ofMillis(1500)));
            host.awaitEnd(family);
            assertThat(stray.waitFor(30, TimeUnit.SECONDS)).isTrue();
        }
    }

    private static String groupOf(long pid) {
        try {
            return Files.readAllLines(Path.of("/proc", Long.toString(pid), "cgroup")).stream()
                    .filter(line -> line.startsWith("0::"))
                    .findFirst()
                    .orElseThrow();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}

package io.matriarch.adapters.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import io.matriarch.domain.cluster.Role;
import io.matriarch.domain.postgres.DataDirectory;
import io.matriarch.domain.postgres.SqlView;
import io.matriarch.domain.postgres.StopMode;
import io.matriarch.domain.postgres.StopProof;
import io.matriarch.ports.plugin.ConfigProblems;
import io.matriarch.ports.postgres.ControlResult;
import io.matriarch.ports.postgres.StopOrder;
import io.matriarch.ports.testing.MapSection;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** Clear words, and nothing destroyed. */
final class BadInputTest {

    @TempDir
    Path folder;

    private Cluster cluster;
    private Instance server;

    @BeforeEach
    void prepare() throws Exception {
        cluster = new Cluster(folder);
        server = cluster.member("srv1");
    }

    @AfterEach
    void end() {
        cluster.close();
    }

    /** What a class logs from now on. */
    private static List<String> logOf(Class<?> source) {
        List<String> said = new CopyOnWriteArrayList<>();
        var appender = new AppenderBase<ILoggingEvent>() {
            @Override
            protected void append(ILoggingEvent event) {
                said.add(event.getFormattedMessage());
            }
        };
        appender.start();
        var logger = (Logger) LoggerFactory.getLogger(source);
        logger.setLevel(Level.INFO);
        logger.addAppender(appender);
        return said;
    }

    private static String why(ControlResult result) {
        assertThat(result).isInstanceOf(ControlResult.Failed.class);
        return ((ControlResult.Failed) result).why();
    }

    @Test
    @DisplayName("every problem of the section is told at once")
    void section() {
        assertThatThrownBy(() -> PgSettings.read(new MapSection("postgresql", Map.of())))
                .isInstanceOf(ConfigProblems.class)
                .hasMessageContaining("postgresql.listen")
                .hasMessageContaining("postgresql.data_dir")
                .hasMessageContaining("postgresql.authentication.replication.username");
    }

    @Test
    @DisplayName("programs that are not there are named with their key")
    void noPrograms() {
        server.section.put("bin_dir", "/nonexistent/bin");
        server.open();

        assertThat(why(server.control.initialize())).contains("bin_dir", "/nonexistent/bin");
        assertThat(server.data).doesNotExist();
        assertThat(server.observe().directory()).isInstanceOf(DataDirectory.Empty.class);
    }

    @Test
    @DisplayName("an agent that may not log in to its own server says so once, with the key, and when it is over")
    void wrongSuperuser() throws Exception {
        server.ready();
        List<String> said = logOf(PgProbe.class);
        Object right = server.section.get("authentication");
        server.section.put(
                "authentication",
                Map.of(
                        "superuser", Map.of("username", "postgres", "password", "mistyped"),
                        "replication", Map.of("username", "replicator")));
        server.open();
        server.observe();
        server.observe();
        assertThat(said)
                .singleElement()
                .asString()
                .contains("postgresql.authentication.superuser cannot log in: FATAL: password authentication failed"
                        + " for user \"postgres\"")
                .doesNotContain("mistyped");
        assertThat(server.probe.observe(Instance.LONG).isAlive()).isTrue();

        server.section.put("authentication", right);
        server.configurator.adopt(server.context(), true);
        server.await("an answer", view -> view.sql() instanceof SqlView.Primary);
        assertThat(said).last().isEqualTo("PostgreSQL answers the agent again");
    }

    @Test
    @DisplayName("a data directory of another version, open to others or unwritable is not started")
    void directory() throws Exception {
        server.ready();
        server.control.stop(new StopOrder(StopMode.FAST, false, Optional.empty(), "the test breaks it"));
        Files.setPosixFilePermissions(server.data, PosixFilePermissions.fromString("rwxrwxrwx"));
        assertThat(why(server.control.startPrimary(Duration.ofSeconds(5)))).contains("0700", server.data.toString());
        Files.setPosixFilePermissions(server.data, PosixFilePermissions.fromString("r-x------"));
        // A process with the right to override permissions may start it all the same.
        if (!Files.isWritable(server.data)) {
            assertThat(why(server.control.startPrimary(Duration.ofSeconds(5)))).contains("not writable");
        }
        Files.setPosixFilePermissions(server.data, PosixFilePermissions.fromString("rwx------"));
        String version = Files.readString(server.data.resolve("PG_VERSION"));
        Files.writeString(server.data.resolve("PG_VERSION"), "11\n");
        assertThat(why(server.control.startPrimary(Duration.ofSeconds(5)))).contains("belongs to PostgreSQL 11");
        Files.writeString(server.data.resolve("PG_VERSION"), version);
        Instance.done(server.control.startPrimary(Instance.LONG));
    }

    @Test
    @DisplayName("initialize never touches a directory with something in it")
    void notEmpty() throws Exception {
        Files.createDirectories(server.data);
        Files.writeString(server.data.resolve("precious"), "data");
        server.open();

        assertThat(why(server.control.initialize())).contains("not empty");
        assertThat(server.data.resolve("precious")).hasContent("data");
    }

    @Test
    @DisplayName("PG-107 a directory with nothing but dot files and lost+found is empty")
    void empty() throws Exception {
        Files.createDirectories(server.data.resolve("lost+found"));
        Files.writeString(server.data.resolve(".hidden"), "");
        server.open();
        assertThat(server.observe().directory()).isInstanceOf(DataDirectory.Empty.class);
        assertThat(server.observe().role()).isEqualTo(Role.UNINITIALIZED);
    }

    @Test
    @DisplayName(
            "PG-012 PG-019 PG-116 PG-125 a copy that fails or is cancelled leaves nothing that looks like a server")
    void failedCopy() throws Exception {
        Instance primary = server.ready();
        Instance standby = cluster.member("srv2");
        Path script = folder.resolve("copy.sh");
        Path started = folder.resolve("started");
        Files.writeString(
                script,
                "#!/bin/sh\nfor a in \"$@\"; do case $a in --datadir=*) d=${a#--datadir=};; esac; done\n"
                        + "mkdir -p $d; echo half > $d/PG_VERSION; echo \"$@\" > " + started
                        + "; sleep 600 & echo $! >> " + started + "; wait\n");
        assertThat(script.toFile().setExecutable(true)).isTrue();
        standby.section.put("create_replica_methods", List.of("half"));
        standby.section.put("half", Map.of("command", script.toString(), "keep_data", "true", "speed", "slow"));
        standby.open();
        Thread task = Thread.ofVirtual().start(() -> standby.control.copyFrom(primary.upstream(), "the test wants it"));
        StopTest.until(
                () -> Files.exists(started) && Files.readAllLines(started).size() == 2);
        assertThat(standby.observe().state().text()).isEqualTo("creating replica");
        assertThat(standby.observe().controlData()).isEmpty();
        List<String> seen = Files.readAllLines(started);
        assertThat(seen.getFirst())
                .startsWith("--scope=demo --role=replica --datadir=" + standby.data + " --connstring=dbname=postgres")
                .contains("user=replicator", "--keep_data=true --speed=slow")
                .doesNotContain("confi");
        long child = Long.parseLong(seen.getLast());

        task.interrupt();
        task.join();

        assertThat(ProcessStat.of(child).filter(stat -> !stat.isDead())).isEmpty();
        assertThat(standby.data.resolve("PG_VERSION")).doesNotExist();
        assertThat(standby.observe().directory()).isInstanceOf(DataDirectory.Empty.class);
    }

    @Test
    @DisplayName("PG-015 PG-017 the first method that works wins")
    void methods() throws Exception {
        Instance primary = server.ready();
        Instance standby = cluster.member("srv2");
        standby.section.put("use_slots", false);
        standby.section.put("create_replica_methods", List.of("nothing", "basebackup"));
        standby.section.put("nothing", Map.of("command", "/bin/false"));
        standby.cloneOf(primary);
        standby.await(
                "streaming",
                view -> view.sql() instanceof io.matriarch.domain.postgres.SqlView.Standby seen && seen.streaming());
    }

    @Test
    @DisplayName("PG-105 PG-117 removing and setting aside follow the links, and need a server that has stopped")
    void removal() throws Exception {
        server.ready();
        Path space = Files.createDirectories(folder.resolve("space"));
        server.sql("CREATE TABLESPACE space LOCATION '" + space + "'");
        assertThatThrownBy(() -> server.control.removeDataDirectory("the test", new StopProof("a lie")))
                .isInstanceOf(IllegalStateException.class);
        StopProof proof = server.control.kill().orElseThrow();
        Path wal = folder.resolve("wal");
        Files.move(server.data.resolve("pg_wal"), wal);
        Files.createSymbolicLink(server.data.resolve("pg_wal"), wal);
        Instance.done(server.control.startPrimary(Instance.LONG));
        proof = server.control.kill().orElseThrow();

        Path failed = server.home.resolve("data.failed");
        Files.writeString(Files.createDirectory(failed).resolve("PG_VERSION"), "of an earlier failure");
        List<String> said = logOf(DataDirectories.class);
        Instance.done(server.control.setDataDirectoryAside(proof));
        assertThat(said.getFirst()).startsWith("Removing data directory: " + failed + " (left by an earlier failure");
        assertThat(server.data).doesNotExist();
        assertThat(failed.resolve("pg_wal").toRealPath())
                .isEqualTo(folder.resolve("wal.failed").toRealPath());
        assertThat(folder.resolve("space.failed")).isDirectory();

        Files.move(failed, server.data);
        Instance.done(server.control.removeDataDirectory("the test has seen enough", proof));
        assertThat(server.data).doesNotExist();
        assertThat(folder.resolve("wal.failed")).isEmptyDirectory();
        assertThat(folder.resolve("space.failed")).isEmptyDirectory();
        Instance.done(server.control.removeDataDirectory("again", proof));
    }

    @Test
    @DisplayName("PG-074 PG-075 a pre_promote script that fails says so, and promotes nothing")
    void prePromote() throws Exception {
        Instance primary = server.ready();
        Instance standby = cluster.member("srv2");
        standby.section.put("use_slots", false);
        standby.section.put("pre_promote", "/bin/false");
        standby.cloneOf(primary);

        assertThat(why(standby.control.prePromote())).contains("pre_promote");
        assertThat(standby.observe().role()).isEqualTo(Role.REPLICA);
        assertThat(standby.sql("SELECT pg_is_in_recovery()")).isEqualTo("t");
    }
}

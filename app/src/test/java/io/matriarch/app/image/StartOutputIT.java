package io.matriarch.app.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What an agent prints from its start to its end. PostgreSQL's programs are the stand-ins of the build. */
class StartOutputIT {

    private static final Path IMAGE = Path.of("target", "matriarch").toAbsolutePath();
    private static final Path STAND_IN = Path.of("..", "packaging", "aot", "postgres");
    private static final Pattern OURS =
            Pattern.compile("\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d,\\d{3} (INFO|WARNING|ERROR): .*");

    @TempDir
    Path temp;

    private Path image = IMAGE;
    private Path place;

    @BeforeEach
    void layOut() throws Exception {
        place = Files.createDirectory(temp.resolve("agent"));
        Path programs = Files.createDirectory(place.resolve("bin"));
        for (String program :
                List.of("postgres", "pg_ctl", "initdb", "pg_controldata", "pg_basebackup", "pg_isready")) {
            Files.copy(STAND_IN, programs.resolve(program));
        }
        run(programs.resolve("initdb").toString(), place.resolve("server").toString());
        if (System.getProperty("user.name").equals("root")) {
            // Root's agent becomes the owner of the data directory, who has to be able to read the image.
            image = temp.resolve("image");
            run("cp", "-a", IMAGE.toString(), image.toString());
            run("chmod", "711", temp.toString());
            run("chown", "-R", "65534:65534", place.toString());
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "raft; raft: {self_addr: '127.0.0.1:@port@', data_dir: '@place@', password: secret}",
                "etcd3; etcd3: {host: '127.0.0.1:@port@'}",
                "consul; consul: {host: '127.0.0.1:@port@'}",
            })
    @DisplayName("an agent prints its own log lines and nothing else: nothing of the JVM, nothing of a library")
    void printsOnlyItsLog(String store, String section) throws Exception {
        Path config = Files.writeString(place.resolve("agent.yml"), """
                scope: output
                name: one
                restapi: {listen: '127.0.0.1:@rest@', connect_address: '127.0.0.1:@rest@'}
                @section@
                bootstrap: {dcs: {ttl: 5, loop_wait: 1, retry_timeout: 2}}
                postgresql:
                  listen: 127.0.0.1:@postgres@
                  connect_address: 127.0.0.1:@postgres@
                  data_dir: @place@/server
                  bin_dir: @place@/bin
                  authentication: {superuser: {username: postgres}, replication: {username: postgres}}
                watchdog: {mode: 'off'}
                """.replace("@section@", section)
                .replace("@place@", place.toString())
                .replace("@port@", freePort())
                .replace("@rest@", freePort())
                .replace("@postgres@", freePort()));
        Path output = temp.resolve("output");
        var builder = new ProcessBuilder(image.resolve("bin/matriarch").toString(), config.toString())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile());
        builder.environment().keySet().removeIf(name -> name.startsWith("PATRONI_") || name.startsWith("MATRIARCH_"));
        Process agent = builder.start();
        try {
            // A turn has ended: with a decision, or with a word on the store that nobody serves.
            await(agent, output, Pattern.compile("(?s).*the REST API listens.*(I am \\(one\\)|DCS).*"));
            agent.destroy();
            assertThat(agent.waitFor(60, TimeUnit.SECONDS)).isTrue();
        } finally {
            agent.destroyForcibly();
        }
        assertThat(agent.exitValue()).isZero();
        assertThat(Files.readAllLines(output)).as(store).isNotEmpty().allMatch(OURS.asMatchPredicate());
    }

    private static void await(Process agent, Path output, Pattern wanted) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(120);
        while (!wanted.matcher(Files.readString(output, StandardCharsets.UTF_8)).matches()) {
            boolean ended = agent.waitFor(100, TimeUnit.MILLISECONDS);
            assertThat(!ended && System.nanoTime() < deadline)
                    .as("a turn has ended; the output is\n%s", Files.readString(output))
                    .isTrue();
        }
    }

    private static String freePort() throws IOException {
        try (var socket = new ServerSocket(0)) {
            return String.valueOf(socket.getLocalPort());
        }
    }

    private static void run(String... command) throws IOException, InterruptedException {
        assertThat(new ProcessBuilder(command).inheritIO().start().waitFor()).isZero();
    }
}

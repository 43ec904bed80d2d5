package io.matriarch.adapters.watchdog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.matriarch.adapters.watchdog.GuardMessage.Reply;
import io.matriarch.adapters.watchdog.GuardMessage.Request;
import io.matriarch.adapters.watchdog.GuardMessage.Status;
import io.matriarch.adapters.watchdog.GuardMessage.Type;
import io.matriarch.domain.time.MonotonicTime;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What may come over the guard's socket, on a build of it that ends itself at the first access or overflow that is wrong. */
@Timeout(value = 240, unit = TimeUnit.SECONDS)
class GuardChannelTest {

    private static final long SEED = Long.getLong("guard.seed", 20_261_126L);
    private static final int MESSAGES = 20_000;
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final Duration BEFORE = Duration.ofMillis(500);

    @TempDir
    Path folder;

    private GuardHost host;
    private long seq;

    @BeforeEach
    void open() throws Exception {
        host = new GuardHost(folder, checked());
    }

    @AfterEach
    void close() {
        host.close();
    }

    /** With the sanitizers of the compiler, which is why it is not the static one. */
    private static Path checked() throws Exception {
        Path program = Path.of("target/guard/matriarch-guard-checked").toAbsolutePath();
        run(
                Stream.of("sh", "src/main/c/build.sh", program.toString(), "-g", "-O1", "-fno-omit-frame-pointer")
                        .toList(),
                "-fsanitize=address,undefined",
                "-fno-sanitize-recover=all");
        return program;
    }

    private static void run(List<String> command, String... more) throws Exception {
        var all = new ArrayList<>(command);
        all.addAll(List.of(more));
        Process process = new ProcessBuilder(all).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
    }

    @Test
    @DisplayName("SAF-043: junk is neither answered nor harmful: the guard lives, and ends the server in time")
    void junk() throws Exception {
        GuardProcess agent = host.agent();
        List<Long> family = host.family(agent);
        long guard = host.guard().orElseThrow();
        var random = new Random(SEED);
        for (int i = 0; i < MESSAGES; i++) {
            try (GuardSocket socket = connect()) {
                for (int more = random.nextInt(4); more >= 0; more--) {
                    socket.send(junk(random));
                }
            } catch (IOException _) {
                // Hung up on between two messages.
            }
        }
        assertThat(host.guard()).as("seed " + SEED).contains(guard);
        assertThat(family).allMatch(GuardHost::lives);

        GuardProcess next = host.agent();
        MonotonicTime deadline = host.in(Duration.ofMillis(1500));
        next.arm(GuardHost.LEASE, deadline);
        assertThat(host.awaitEnd(family).hasReached(deadline)).as("late").isFalse();
        assertThat(host.guard()).contains(guard);
    }

    /** From noise to messages in which little is wrong; none that would be right. */
    private static byte[] junk(Random random) {
        var type = Type.values()[random.nextInt(Type.values().length)];
        var texts = Stream.generate(() -> "x".repeat(random.nextInt(60)))
                .limit(random.nextInt(30))
                .toList();
        byte[] message = new Request(
                        type,
                        java.util.Optional.of(
                                new MonotonicTime(random.nextLong(), random.nextLong(), random.nextLong())),
                        Duration.ofNanos(random.nextLong()),
                        Duration.ofNanos(random.nextLong()),
                        "lease",
                        random.nextInt(),
                        random.nextLong(),
                        random.nextInt(-2, 40),
                        texts)
                // Of an agent that is long gone.
                .encode(0, random.nextLong());
        switch (random.nextInt(5)) {
            case 0 -> {
                message = new byte[random.nextInt(1, 4000)];
                random.nextBytes(message);
            }
            case 1 -> message = java.util.Arrays.copyOf(message, random.nextInt(1, message.length));
            case 2 ->
                message = java.util.Arrays.copyOf(message, message.length + random.nextInt(200_000 - message.length));
            case 3 -> {
                // The head but for the epoch, which would make it somebody's.
                int at = random.nextInt(message.length);
                if (at < 8 || at >= 16) {
                    message[at] = (byte) random.nextInt();
                }
            }
            case 4 -> {}
            default -> throw new IllegalStateException();
        }
        return message;
    }

    @Test
    @DisplayName("SAF-043: of another version, of an older agent, of an earlier message: answered so, and ignored")
    void order() throws Exception {
        List<Long> family = host.family(host.agent());
        try (GuardSocket socket = host.program.find().orElseThrow()) {
            MonotonicTime late = host.in(Duration.ofMinutes(10));
            MonotonicTime past = late.minus(Duration.ofMinutes(20));
            assertThat(ask(socket, arm("a", late), 7, 5).status()).isEqualTo(Status.DONE);
            assertThat(ask(socket, arm("b", past), 6, 9).status()).isEqualTo(Status.STALE_EPOCH);
            assertThat(ask(socket, arm("b", past), 7, 5).status()).isEqualTo(Status.STALE_SEQ);
            assertThat(ask(socket, arm("b", past), 7, 4).status()).isEqualTo(Status.STALE_SEQ);
            assertThat(ask(socket, Request.plain(Type.DISARM), 6, 99).status()).isEqualTo(Status.STALE_EPOCH);
            assertThat(ask(socket, Request.release("b"), 7, 6).status()).isEqualTo(Status.DONE);
            assertThat(ask(socket, arm("b", past), 7, 7).status()).isEqualTo(Status.RELEASED);
            assertThat(ask(socket, arm("", past), 7, 8).status()).isEqualTo(Status.BAD);
            byte[] other = arm("b", past).encode(7, 10);
            other[4]++;
            socket.send(other);
            assertThat(Reply.decode(socket.receive(200, PATIENCE)).orElseThrow().status())
                    .isEqualTo(Status.BAD);
            Reply reply = ask(socket, Request.plain(Type.HELLO), 0, 11);
            assertThat(reply.epoch()).isEqualTo(7);
            assertThat(reply.left()).isGreaterThan(Duration.ofMinutes(9));
            assertThat(family).allMatch(GuardHost::lives);

            // The end of the connection means nothing: the deadline stands.
            assertThat(ask(socket, arm("c", host.in(Duration.ofMillis(1500))), 8, 1)
                            .status())
                    .isEqualTo(Status.DONE);
        }
        host.awaitEnd(family);
    }

    @Test
    @DisplayName("SAF-044: after the safe point it ends nothing, and refuses every start")
    void safePoint() throws Exception {
        List<Long> family = host.family(host.agent());
        MonotonicTime deadline = host.in(Duration.ofMillis(1500));
        try (GuardSocket socket = host.program.find().orElseThrow()) {
            assertThat(ask(socket, Request.plain(Type.SAFE), 5, 1).status()).isEqualTo(Status.REFUSED);
            assertThat(ask(socket, arm("a", deadline), 5, 2).status()).isEqualTo(Status.DONE);
            assertThat(ask(socket, Request.plain(Type.SAFE), 5, 3).status()).isEqualTo(Status.DONE);
            host.assertLiveUntil(deadline.plus(Duration.ofMillis(300)), family);
            Request start = Request.start(1, List.of("/", "/dev/null", "/bin/true"));
            assertThat(ask(socket, start, 5, 4).status()).isEqualTo(Status.REFUSED);
        }
    }

    @Test
    @DisplayName("who reads no answer is hung up on, and nobody waits for it")
    void fullPipe() throws Exception {
        GuardProcess agent = host.agent();
        List<Long> family = host.family(agent);
        try (GuardSocket deaf = host.program.find().orElseThrow()) {
            assertThatThrownBy(() -> {
                        while (true) {
                            deaf.send(Request.plain(Type.HELLO).encode(0, ++seq));
                        }
                    })
                    .isInstanceOf(IOException.class);
            MonotonicTime deadline = host.in(Duration.ofMillis(1500));
            agent.arm(GuardHost.LEASE, deadline);
            assertThat(host.awaitEnd(family).hasReached(deadline)).as("late").isFalse();
        }
    }

    @Test
    @DisplayName("connections that say nothing take no place from the agent for longer than a reconnection")
    void idleConnections() throws Exception {
        GuardProcess agent = host.agent();
        List<Long> family = host.family(agent);
        long guard = host.guard().orElseThrow();
        List<GuardSocket> idle = Stream.generate(this::connect).limit(40).toList();
        try {
            MonotonicTime deadline = host.in(Duration.ofMillis(1500));
            agent.arm(GuardHost.LEASE, deadline);
            assertThat(host.guard()).contains(guard);
            assertThat(host.awaitEnd(family).hasReached(deadline)).as("late").isFalse();
        } finally {
            idle.forEach(GuardSocket::close);
        }
    }

    private GuardSocket connect() {
        try {
            while (true) {
                var found = host.program.find();
                if (found.isPresent()) {
                    return found.get();
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    @DisplayName("SAF-042: only the process that was named, with its start and its directory, is adopted")
    void pidReuse() throws Exception {
        GuardProcess agent = host.agent();
        long pid = agent.start(host.command(List.of("/bin/sleep", "300")));
        Process stranger = new ProcessBuilder("/bin/sleep", "300")
                .directory(folder.toFile())
                .start();
        try (GuardSocket socket = host.program.find().orElseThrow()) {
            GuardHost.signal("KILL", pid);
            GuardHost.await(
                    () -> ask(socket, Request.plain(Type.HELLO), 0, ++seq).server() == 0);
            long ticks = Long.parseLong(GuardHost.field(stranger.pid(), 19).orElseThrow());
            String itsPlace = folder.toRealPath().toString();
            assertThat(ask(socket, Request.adopt(stranger.pid(), ticks + 1, itsPlace), 9, 1)
                            .status())
                    .isEqualTo(Status.NOT_FOUND);
            assertThat(ask(socket, Request.adopt(stranger.pid(), ticks, host.data.toString()), 9, 2)
                            .status())
                    .isEqualTo(Status.NOT_FOUND);
            assertThat(ask(socket, Request.promote(stranger.pid()), 9, 3).status())
                    .isEqualTo(Status.NOT_FOUND);
            assertThat(ask(socket, arm("a", host.in(Duration.ofMillis(300))), 9, 4)
                            .status())
                    .isEqualTo(Status.DONE);
            GuardHost.await(() ->
                    ask(socket, Request.plain(Type.HELLO), 0, ++seq).left().isNegative());
            assertThat(stranger.isAlive()).isTrue();
        } finally {
            stranger.destroyForcibly();
        }
    }

    @Test
    @DisplayName("SAF-002: the guard counts time as the agent does")
    void clocks() throws Exception {
        Path program = Path.of("target/guard/counted").toAbsolutePath();
        Files.createDirectories(program.getParent());
        run(
                List.of("cc", "-std=gnu11", "-D_GNU_SOURCE", "-Isrc/main/c", "-o", program.toString()),
                "src/test/c/counted.c",
                "src/main/c/clocks.c");
        var random = new Random(SEED);
        var lines = new StringBuilder();
        List<Long> expected = new ArrayList<>();
        for (int i = 0; i < 5000; i++) {
            MonotonicTime since = reading(random);
            MonotonicTime now = reading(random);
            Stream.of(now, since)
                    .forEach(one -> lines.append(one.bootNanos())
                            .append(' ')
                            .append(one.rawNanos())
                            .append(' ')
                            .append(one.monotonicNanos())
                            .append(' '));
            lines.append('\n');
            expected.add(now.since(since).toNanos());
        }
        Path input = Files.writeString(folder.resolve("readings"), lines);
        Path output = folder.resolve("counted");
        assertThat(new ProcessBuilder(program.toString())
                        .redirectInput(input.toFile())
                        .redirectOutput(output.toFile())
                        .start()
                        .waitFor())
                .isZero();
        assertThat(Files.readAllLines(output).stream().map(Long::valueOf)).isEqualTo(expected);
    }

    private static MonotonicTime reading(Random random) {
        return new MonotonicTime(random.nextLong(1L << 40), random.nextLong(1L << 40), random.nextLong(1L << 40));
    }

    private static Request arm(String lease, MonotonicTime deadline) {
        return Request.arm(lease, deadline, BEFORE, BEFORE.dividedBy(2));
    }

    private static Reply ask(GuardSocket socket, Request request, long epoch, long number) throws IOException {
        socket.send(request.encode(epoch, number));
        return Reply.decode(socket.receive(GuardMessage.REPLY_BYTES, PATIENCE)).orElseThrow();
    }
}

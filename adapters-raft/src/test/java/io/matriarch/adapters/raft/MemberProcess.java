package io.matriarch.adapters.raft;

import io.matriarch.ports.plugin.StoreNodeProvider;
import io.matriarch.ports.testing.NanoClock;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.concurrent.TimeUnit;

/** A member in a process of its own, which can be killed as only a process can. */
final class MemberProcess implements AutoCloseable {

    private static final String PASSWORD = "MEMBER_PASSWORD";

    private final Process process;
    private final Path started;

    private MemberProcess(Process process, Path started) {
        this.process = process;
        this.started = started;
    }

    /** In the child: self address, data directory, ttl in milliseconds, partners. It ends with its standard input. */
    public static void main(String[] arguments) throws Exception {
        var values = new HashMap<String, Object>(Map.of(
                "self_addr",
                arguments[0],
                "data_dir",
                arguments[1],
                "partner_addrs",
                List.of(arguments).subList(3, arguments.length)));
        Optional.ofNullable(System.getenv(PASSWORD)).ifPresent(password -> values.put("password", password));
        var section = MapSection.of(values);
        var ttl = Duration.ofMillis(Long.parseLong(arguments[2]));
        var provider = ServiceLoader.load(StoreNodeProvider.class).findFirst().orElseThrow();
        try (var _ = provider.start(section, TestGroup.timing(ttl), new NanoClock())) {
            Files.createFile(startedFile(Path.of(arguments[1]), arguments[0]));
            while (System.in.read() >= 0) {
                // The parent says nothing; when it is gone, so are we.
            }
        }
    }

    static MemberProcess start(Path directory, String self, List<String> partners, Duration ttl) throws IOException {
        return start(directory, self, partners, ttl, Optional.empty());
    }

    static MemberProcess start(
            Path directory, String self, List<String> partners, Duration ttl, Optional<String> password)
            throws IOException {
        var command = new ArrayList<String>();
        command.add(ProcessHandle.current().info().command().orElseThrow());
        command.addAll(List.of(
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Xmx48m",
                "-Xss256k",
                "-XX:+UseCompactObjectHeaders",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-cp",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                MemberProcess.class.getName(),
                self,
                directory.toString(),
                Long.toString(ttl.toMillis())));
        command.addAll(partners);
        Files.createDirectories(directory);
        var log = logFile(directory, self);
        var builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put("MALLOC_ARENA_MAX", "1");
        password.ifPresent(word -> builder.environment().put(PASSWORD, word));
        var started = startedFile(directory, self);
        Files.deleteIfExists(started);
        return new MemberProcess(
                builder.redirectOutput(ProcessBuilder.Redirect.appendTo(log)).start(), started);
    }

    private static File logFile(Path directory, String self) {
        return new File(directory.toFile(), self.replace(':', '_') + ".log");
    }

    /** Everything the members with this address have said in this directory. */
    static String log(Path directory, String self) {
        try {
            return Files.readString(logFile(directory, self).toPath());
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    long pid() {
        return process.pid();
    }

    private static Path startedFile(Path directory, String self) {
        return directory.resolve(self.replace(':', '_') + ".started");
    }

    /** Waits until its port is open and its node runs. */
    void awaitStarted() {
        TestGroup.awaitTrue("the start of process " + process.pid(), () -> Files.exists(started));
    }

    /** kill -9 for all of them in one command. */
    static void killAll(List<MemberProcess> members) throws IOException, InterruptedException {
        var command = new ArrayList<>(List.of("kill", "-KILL"));
        members.forEach(member -> command.add(Long.toString(member.pid())));
        run(command);
    }

    /** kill -9. */
    void kill() {
        process.destroyForcibly();
    }

    /** It stands still from now on, its connections open. */
    void suspend() throws IOException, InterruptedException {
        signal("-STOP");
    }

    void resume() throws IOException, InterruptedException {
        signal("-CONT");
    }

    private void signal(String signal) throws IOException, InterruptedException {
        run(List.of("kill", signal, Long.toString(process.pid())));
    }

    /** No file of it grows beyond this: the kernel refuses what is more, as on a full disk. */
    void limitFiles(String bytes) throws IOException, InterruptedException {
        run(List.of("prlimit", "--pid", Long.toString(process.pid()), "--fsize=" + bytes + ":"));
    }

    private static void run(List<String> command) throws IOException, InterruptedException {
        int status = new ProcessBuilder(command).inheritIO().start().waitFor();
        if (status != 0) {
            throw new IOException(command + " ends with " + status);
        }
    }

    void awaitEnd() throws InterruptedException {
        if (!process.waitFor(60, TimeUnit.SECONDS)) {
            throw new AssertionError("process " + process.pid() + " does not end");
        }
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}

package io.matriarch.app.image;

import static org.assertj.core.api.Assertions.assertThat;

import io.matriarch.app.version.Version;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What every command of the image owes whoever calls it, tried on the image the build has just left. */
class ImageIT {

    private static final Path IMAGE = Path.of("target", "matriarch").toAbsolutePath();
    private static final String AGENT_SAYS = "matriarch " + Version.own() + "\n";
    private static final String CTL_SAYS = "matriarchctl version " + Version.own() + "\n";

    @TempDir
    Path temp;

    record Answer(int status, String out, String err) {}

    @Test
    @DisplayName("the image needs nothing of the environment: no PATH, no HOME, no Java")
    void runsInAnEmptyEnvironment() throws Exception {
        assertThat(run(Map.of(), IMAGE.resolve("bin/matriarch"), "--version")).isEqualTo(new Answer(0, AGENT_SAYS, ""));
        assertThat(run(Map.of(), IMAGE.resolve("bin/matriarchctl"), "version")).isEqualTo(new Answer(0, CTL_SAYS, ""));
    }

    @ParameterizedTest
    @ValueSource(strings = {"JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS", "JDK_AOT_VM_OPTIONS"})
    @DisplayName("variables meant for another JVM neither print nor act")
    void ignoresForeignOptions(String variable) throws Exception {
        var hostile = Map.of(variable, "-XshowSettings:all -XX:+PrintFlagsFinal -XX:NoSuchFlag=1");
        assertThat(run(hostile, IMAGE.resolve("bin/matriarch"), "--version")).isEqualTo(new Answer(0, AGENT_SAYS, ""));
        assertThat(run(hostile, IMAGE.resolve("bin/matriarchctl"), "version")).isEqualTo(new Answer(0, CTL_SAYS, ""));
    }

    @ParameterizedTest
    @CsvSource({"CLASSPATH,/nowhere", "CDPATH,/", "IFS,r", "ENV,/nowhere", "LC_ALL,C", "MATRIARCH_JVM_FLAGS,''"})
    @DisplayName("variables of shells do not matter")
    void ignoresTheShellsVariables(String variable, String value) throws Exception {
        var hostile = Map.of(variable, value);
        assertThat(run(hostile, IMAGE.resolve("bin/matriarchctl"), "version")).isEqualTo(new Answer(0, CTL_SAYS, ""));
    }

    @ParameterizedTest
    @ValueSource(strings = {"empty", "text", "truncated", "header", "middle", "directory"})
    @DisplayName("a damaged AOT cache costs time, not output")
    void survivesADamagedCache(String damage) throws Exception {
        Path image = copyOfImage(temp.resolve("image"));
        for (String cache : List.of("agent-raft.aot", "ctl-raft.aot", "witness-raft.aot")) {
            Path file = image.resolve("lib").resolve(cache);
            byte[] bytes = Files.readAllBytes(file);
            Files.delete(file);
            switch (damage) {
                case "empty" -> Files.write(file, new byte[0]);
                case "text" -> Files.writeString(file, "not a cache\n");
                case "truncated" -> Files.write(file, Arrays.copyOf(bytes, bytes.length / 2));
                case "header" -> {
                    Arrays.fill(bytes, 0, 64, (byte) 0x5a);
                    Files.write(file, bytes);
                }
                case "middle" -> {
                    // The JVM would crash on this one: it checks no more than the head by itself.
                    Arrays.fill(bytes, bytes.length / 3, bytes.length / 2, (byte) 0x5a);
                    Files.write(file, bytes);
                }
                default -> Files.createDirectory(file);
            }
        }
        assertThat(run(Map.of(), image.resolve("bin/matriarch"), "--version")).isEqualTo(new Answer(0, AGENT_SAYS, ""));
        assertThat(run(Map.of(), image.resolve("bin/matriarchctl"), "version")).isEqualTo(new Answer(0, CTL_SAYS, ""));
    }

    @ParameterizedTest
    @ValueSource(strings = {"raft", "etcd", "consul"})
    @DisplayName("every class path has a cache, and the JVM takes it")
    void usesTheCaches(String dcs) throws Exception {
        // With AOTMode=on the JVM ends where it would otherwise go on without the cache.
        var required = Map.of(
                "MATRIARCH_JVM_FLAGS",
                "-XX:AOTMode=on",
                "PATRONI_CONFIGURATION",
                (dcs.equals("etcd") ? "etcd3" : dcs) + ":\n  host: 127.0.0.1\n");
        assertThat(run(required, IMAGE.resolve("bin/matriarch"), "--version")).isEqualTo(new Answer(0, AGENT_SAYS, ""));
        assertThat(run(required, IMAGE.resolve("bin/matriarchctl"), "version")).isEqualTo(new Answer(0, CTL_SAYS, ""));
    }

    @Test
    @DisplayName("the pid of the launcher is the pid of the program")
    void becomesTheProgram() throws Exception {
        // The JVM creates this file and waits until it is gone, so there is time to look at the process.
        Path pause = temp.resolve("pause");
        var builder = new ProcessBuilder(IMAGE.resolve("bin/matriarch").toString(), "--version");
        builder.environment().clear();
        builder.environment()
                .put(
                        "MATRIARCH_JVM_FLAGS",
                        "-XX:+UnlockDiagnosticVMOptions -XX:+PauseAtStartup -XX:PauseAtStartupFile=" + pause);
        Process process = builder.start();
        try {
            Path executable = Path.of("/proc/" + process.pid() + "/exe");
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
            while (!Files.exists(pause) && System.nanoTime() < deadline) {
                Thread.onSpinWait();
            }
            assertThat(executable.toRealPath())
                    .isEqualTo(IMAGE.resolve("runtime/bin/java").toRealPath());
            Files.delete(pause);
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue()).isZero();
        } finally {
            process.destroyForcibly();
        }
    }

    @Test
    @DisplayName("a path with blanks and other characters of the shell's works")
    void runsFromAnyPath() throws Exception {
        Path image = copyOfImage(temp.resolve("a b $HOME 'c' \"d\" *"));
        // The caches have to fit there too.
        var required = Map.of("MATRIARCH_JVM_FLAGS", "-XX:AOTMode=on");
        assertThat(run(required, image.resolve("bin/matriarch"), "--version")).isEqualTo(new Answer(0, AGENT_SAYS, ""));
        assertThat(run(required, image.resolve("bin/matriarchctl"), "version")).isEqualTo(new Answer(0, CTL_SAYS, ""));
    }

    @Test
    @DisplayName("a launcher reached by symlinks, by a relative path or through PATH finds its image")
    void runsThroughLinks() throws Exception {
        Path bin = Files.createDirectory(temp.resolve("bin"));
        Files.createSymbolicLink(temp.resolve("first"), IMAGE.resolve("bin/matriarchctl"));
        Files.createSymbolicLink(bin.resolve("matriarchctl"), Path.of("../first"));
        assertThat(run(Map.of(), bin.resolve("matriarchctl"), "version")).isEqualTo(new Answer(0, CTL_SAYS, ""));

        var relative = "cd '" + IMAGE.resolve("bin") + "' && ./matriarchctl version && ../bin/matriarchctl version"
                + " && sh matriarchctl version && cd .. && bin/matriarchctl version";
        assertThat(run(Map.of(), Path.of("/bin/sh"), "-c", relative)).isEqualTo(new Answer(0, CTL_SAYS.repeat(4), ""));
        assertThat(run(Map.of("PATH", bin + ":/usr/bin:/bin"), Path.of("/bin/sh"), "-c", "matriarchctl version"))
                .isEqualTo(new Answer(0, CTL_SAYS, ""));
    }

    @ParameterizedTest
    @CsvSource({"patroni,--version", "patronictl,version"})
    @DisplayName("the names operators know work; patronictl tells the version that scripts compare with")
    void answersToTheKnownNames(String name, String argument) throws Exception {
        Answer answer = run(Map.of(), IMAGE.resolve("bin").resolve(name), argument);
        assertThat(answer.status()).isZero();
        assertThat(answer.out()).contains(name.equals("patronictl") ? Version.PATRONI : Version.own());
        assertThat(answer.err()).isEmpty();
    }

    @Test
    @DisplayName("arguments arrive as they were given")
    void passesTheExitStatusOn() throws Exception {
        Answer answer = run(Map.of(), IMAGE.resolve("bin/matriarch"), "--no-such-option", "a  b");
        assertThat(answer.status()).isEqualTo(2);
        assertThat(answer.out()).isEmpty();
        assertThat(answer.err()).isNotEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"raft", "etcd3", "consul"})
    @DisplayName("CFG-100 --validate-config names all problems on standard error, with the jars of the store it is for")
    void validates(String store) throws Exception {
        Path file = Files.writeString(temp.resolve("wrong.yml"), """
                name: srv1
                %s: {host: '127.0.0.1:1', self_addr: '192.0.2.1:5010', partner_addrs: '192.0.2.2:5010'}
                restapi: {listen: '127.0.0.1:8008', connect_address: 'localhost:8008'}
                watchdog: {driver: none}
                postgresql:
                  listen: 127.0.0.1:5432
                  connect_address: 10.0.0.1:5432
                  data_dir: %s
                  bin_dir: /no/such/bin
                  authentication: {replication: {username: r}, superuser: {username: p}}
                """.formatted(store, temp.resolve("data")));
        Answer answer = run(Map.of(), IMAGE.resolve("bin/matriarch"), "--validate-config", "-i", file.toString());
        assertThat(answer.status()).isEqualTo(1);
        assertThat(answer.out()).isEmpty();
        List<String> lines = new ArrayList<>(List.of(
                "scope  is not defined.",
                "restapi.connect_address localhost:8008 didn't pass validation: must not contain"
                        + " \"127.0.0.1\", \"0.0.0.0\", \"*\", \"::1\", \"localhost\"",
                "postgresql.bin_dir /no/such/bin didn't pass validation: Directory '/no/such/bin' does not exist.",
                "watchdog.driver none must be default or testing"));
        if (!store.equals("raft")) {
            lines.add(store + ".host 127.0.0.1:1 didn't pass validation: 127.0.0.1:1 is not reachable");
        }
        assertThat(answer.err().lines()).containsExactlyInAnyOrderElementsOf(lines);
    }

    @Test
    @DisplayName("CFG-107 two modes at once are bad arguments; a mode of a later version says so")
    void refusesModes() throws Exception {
        Answer both = run(Map.of(), IMAGE.resolve("bin/matriarch"), "--validate-config", "--generate-config");
        assertThat(both.status()).isEqualTo(2);
        assertThat(both.err()).startsWith("usage: matriarch ").contains("--generate-config: not allowed with");
        Answer later = run(Map.of(), IMAGE.resolve("bin/matriarch"), "--generate-sample-config");
        assertThat(later.status()).isEqualTo(1);
        assertThat(later.out()).isEmpty();
        assertThat(later.err()).contains("--generate-sample-config is not available");
        Answer help = run(Map.of(), IMAGE.resolve("bin/matriarch"), "-h");
        assertThat(help.status()).isZero();
        assertThat(help.out()).startsWith("usage: matriarch ").contains("--ignore-listen-port");
    }

    private Answer run(Map<String, String> environment, Path command, String... arguments) throws Exception {
        Path out = Files.createTempFile(temp, "out", "");
        Path err = Files.createTempFile(temp, "err", "");
        var builder = new ProcessBuilder(Stream.concat(Stream.of(command.toString()), Stream.of(arguments))
                .toList());
        builder.environment().clear();
        builder.environment().putAll(new TreeMap<>(environment));
        Process process =
                builder.redirectOutput(out.toFile()).redirectError(err.toFile()).start();
        try {
            assertThat(process.waitFor(60, TimeUnit.SECONDS))
                    .as("ended within a minute")
                    .isTrue();
        } finally {
            process.destroyForcibly();
        }
        return new Answer(process.exitValue(), Files.readString(out), Files.readString(err));
    }

    private static Path copyOfImage(Path to) throws IOException, InterruptedException {
        var copy = new ProcessBuilder("cp", "-a", IMAGE.toString(), to.toString()).inheritIO();
        assertThat(copy.start().waitFor()).isZero();
        return to;
    }
}

package io.matriarch.app.config;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

class LogSetupTest {

    private static final Logger log = LoggerFactory.getLogger(LogSetupTest.class);

    @TempDir
    Path directory;

    @AfterEach
    void restore() {
        LogSetup.stop(Duration.ofSeconds(30));
        LogSetup.apply(LogSettings.DEFAULT);
        LogSetup.stop(Duration.ofSeconds(30));
    }

    @Test
    @DisplayName("lines have the reference's shape")
    void writesLines() throws IOException {
        apply("");
        log.info("promoted: {}", 5);
        log.warn("careful");
        log.debug("not seen");
        log.error("failed", new IllegalStateException("why"));

        List<String> lines = lines();
        assertThat(lines.get(0)).matches("\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d,\\d{3} INFO: promoted: 5");
        assertThat(lines.get(1)).endsWith(" WARNING: careful");
        assertThat(lines.get(2)).endsWith(" ERROR: failed");
        assertThat(lines.get(3)).isEqualTo("java.lang.IllegalStateException: why");
        assertThat(lines.get(4)).startsWith("\tat io.matriarch.app.config.LogSetupTest");
    }

    @Test
    @DisplayName("failures are one line when traces are for DEBUG only")
    void writesFailuresInOneLine() throws IOException {
        apply("traceback_level: debug");
        log.error("failed", new IllegalStateException("a\nb"));
        assertThat(lines()).singleElement().asString().endsWith(" ERROR: failed, DETAIL: 'a b'");
    }

    @Test
    @DisplayName("formats of the reference are understood")
    void formats() throws IOException {
        apply(
                "format: '%(asctime)s|%(levelname)-8s|%(levelno)05d|%(name).9s|%(threadName)s|%(funcName)s|100%%|%(nope)s'\n"
                        + "dateformat: '%d.%m.%Y'");
        log.info("x");
        assertThat(lines())
                .singleElement()
                .asString()
                .matches("\\d\\d\\.\\d\\d\\.\\d{4}\\|INFO    \\|00020\\|io\\.matria\\|"
                        + Thread.currentThread().getName() + "\\|formats\\|100%\\|");
    }

    @Test
    @DisplayName("dates follow strftime")
    void writesDates() {
        ZonedDateTime time = ZonedDateTime.of(2026, 11, 2, 0, 5, 9, 123456789, ZoneOffset.ofHours(2));
        assertThat(DateText.of("%Y-%m-%d %H:%M:%S.%f %z %I%p %a %b %e %j %y %T %% %Q %", time))
                .isEqualTo("2026-11-02 00:05:09.123456 +0200 12AM Mon Nov  2 306 26 00:05:09 % %Q %");
    }

    @Test
    @DisplayName("json lines have the fields asked for, under the names asked for")
    void writesJson() throws IOException {
        apply("type: json\nformat: [message, {levelname: level}, module]\nstatic_fields: {app: matriarch, n: 1}");
        log.info("say \"{}\"", "hi");
        Map<?, ?> object = new ObjectMapper().readValue(lines().getFirst(), Map.class);
        assertThat(object)
                .isEqualTo(Map.of(
                        "message",
                        "say \"hi\"",
                        "level",
                        "INFO",
                        "module",
                        "LogSetupTest",
                        "app",
                        "matriarch",
                        "n",
                        1));
    }

    @Test
    @DisplayName("CFG-049: levels apply on reload, and go when they are not configured any more")
    void changesLevels() throws IOException {
        apply("level: WARNING\nloggers: {io.matriarch.x: DEBUG, patroni: ERROR}");
        LoggerFactory.getLogger("io.matriarch.x").debug("1");
        log.warn("not seen");
        LoggerFactory.getLogger("other").warn("2");
        LoggerFactory.getLogger("other").info("not seen");
        apply("level: DEBUG");
        LoggerFactory.getLogger("io.matriarch.x").debug("3");
        log.debug("4");
        LoggerFactory.getLogger("io.netty.x").info("not seen");
        assertThat(messages()).containsExactly("1", "2", "3", "4");
    }

    @Test
    @DisplayName("CFG-049: the log moves to another directory")
    void changesDirectories() throws IOException {
        Path other = Files.createDirectory(directory.resolve("other"));
        apply("");
        log.info("here");
        assertThat(LogSetup.apply(settings("", other))).isEmpty();
        log.info("there");
        assertThat(messages()).containsExactly("here");
        assertThat(other.resolve("patroni.log")).content().endsWith(" INFO: there\n");
    }

    @Test
    @DisplayName("a directory that cannot be used is complained of")
    void complains() {
        assertThat(LogSetup.apply(settings("", directory.resolve("missing"))))
                .get()
                .asString()
                .contains("missing");
    }

    @Test
    @DisplayName("a full file makes room, and only so many are kept")
    void rotates() throws IOException {
        apply("file_size: 100\nfile_num: 2\nformat: '%(message)s'\nmode: 0640");
        for (int i = 0; i < 9; i++) {
            log.info("{}{}", i, "x".repeat(48));
        }
        LogSetup.stop(Duration.ofSeconds(30));
        assertThat(first("patroni.log")).isEqualTo('8');
        assertThat(first("patroni.log.1")).isEqualTo('6');
        assertThat(first("patroni.log.2")).isEqualTo('4');
        assertThat(directory.resolve("patroni.log.3")).doesNotExist();
        assertThat(Files.size(directory.resolve("patroni.log.1"))).isEqualTo(100);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(directory.resolve("patroni.log"))))
                .isEqualTo("rw-r-----");
    }

    @Test
    @DisplayName("who holds the lock is said only when something else than a heartbeat follows")
    void withholdsLockOwners() throws IOException {
        apply("deduplicate_heartbeat_logs: true");
        log.info("Lock owner: a; I am b");
        log.info("no action. I am (b)");
        log.info("Lock owner: a; I am b");
        log.info("no action. I am (b)");
        log.info("Lock owner: None; I am b");
        log.info("promoted");
        log.info("no action. I am (b)");
        assertThat(messages())
                .containsExactly("no action. I am (b)", "Lock owner: None; I am b", "promoted", "no action. I am (b)");
    }

    @Test
    @DisplayName("at DEBUG nothing is withheld")
    void withholdsNothingAtDebug() throws IOException {
        apply("level: DEBUG");
        log.info("Lock owner: a; I am b");
        log.info("no action. I am (b)");
        log.info("no action. I am (b)");
        assertThat(messages()).hasSize(3);
    }

    @Test
    @DisplayName("a stuck reader holds nobody up; lost lines are counted")
    void survivesAStuckReader() throws Exception {
        Path fifo = directory.resolve("patroni.log");
        assertThat(new ProcessBuilder("mkfifo", fifo.toString()).start().waitFor())
                .isZero();
        Process reader = new ProcessBuilder("sh", "-c", "exec 3<'" + fifo + "'; read go; cat <&3")
                .redirectErrorStream(true)
                .start();
        try {
            apply("max_queue_size: 10");
            long begin = System.nanoTime();
            // More than a pipe holds, so that the writer is stuck in the first one.
            for (int i = 0; i < 100; i++) {
                log.info("{} {}", i, "x".repeat(200_000));
            }
            assertThat(System.nanoTime() - begin).isLessThan(TimeUnit.SECONDS.toNanos(30));
            assertThat(LogSetup.stop(Duration.ofMillis(50))).as("nobody reads").isFalse();
            reader.getOutputStream().write('\n');
            reader.getOutputStream().close();
            assertThat(new String(reader.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                    .contains("WARNING: QueueHandler has lost ");
        } finally {
            reader.destroyForcibly();
        }
    }

    @Test
    @DisplayName("a process says nothing but its own lines, on stderr, from the start")
    void startsQuietly() throws Exception {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin/java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        Quiet.class.getName())
                .redirectError(directory.resolve("err").toFile())
                .start();
        try {
            assertThat(new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                    .isEmpty();
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(Files.readString(directory.resolve("err")))
                    .matches("\\S+ \\S+ INFO: before\n\\S+ \\S+ INFO: between\n\\S+ \\S+ INFO: after\n");
        } finally {
            process.destroyForcibly();
        }
    }

    /** Logs before, during and after the settings are in force. */
    static final class Quiet {
        public static void main(String[] arguments) {
            Logger log = LoggerFactory.getLogger("io.matriarch.quiet");
            log.info("before");
            log.debug("not seen");
            LogSetup.apply(LogSettings.DEFAULT);
            log.info("between");
            LogSetup.stop(Duration.ofSeconds(30));
            log.info("after");
        }
    }

    private void apply(String yaml) {
        assertThat(LogSetup.apply(settings(yaml, directory))).isEmpty();
    }

    private static LogSettings settings(String yaml, Path directory) {
        Map<String, Object> tree = Trees.patch(YamlTreeTest.tree(yaml), Map.of("dir", directory.toString()));
        TreeSection section = TreeSection.of("log", tree);
        List<String> warnings = new ArrayList<>();
        LogSettings settings = LogSettings.read(section, warnings);
        section.check();
        assertThat(warnings).isEmpty();
        return settings;
    }

    private List<String> lines() throws IOException {
        assertThat(LogSetup.stop(Duration.ofSeconds(30))).isTrue();
        return Files.readAllLines(directory.resolve("patroni.log"));
    }

    private List<String> messages() throws IOException {
        return lines().stream()
                .map(line -> line.replaceFirst("^\\S+ \\S+ \\w+: ", ""))
                .toList();
    }

    private char first(String file) throws IOException {
        return Files.readString(directory.resolve(file)).charAt(0);
    }
}

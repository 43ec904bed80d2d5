package io.matriarch.adapters.watchdog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.matriarch.adapters.watchdog.WatchdogSettings.Driver;
import io.matriarch.adapters.watchdog.WatchdogSettings.Mode;
import io.matriarch.domain.ha.WatchdogView;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code driver: testing} on real pipes, and the kernel's driver on what is no watchdog. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class PipeDeviceTest {

    private static final long RNDGETENTCNT = 0x80045200L;

    @TempDir
    Path folder;

    private Path pipe;

    @BeforeEach
    void makePipe() throws Exception {
        pipe = folder.resolve("watchdog");
        Process mkfifo = new ProcessBuilder("mkfifo", pipe.toString()).start();
        assertThat(mkfifo.waitFor()).isZero();
    }

    @Test
    @DisplayName("HA-017, HA-130, HA-131, HA-132: byte for byte what a reader of the pipe sees")
    void bytes() throws Exception {
        var reader = readToEnd();
        var watchdog = watchdog(Mode.REQUIRED);
        watchdog.adopt(Duration.ofSeconds(30), Duration.ofSeconds(10));

        await(watchdog::arm);
        watchdog.keepalive();
        watchdog.keepalive();
        watchdog.adopt(Duration.ofSeconds(20), Duration.ofSeconds(5));
        watchdog.keepalive();
        watchdog.disarm();

        assertThat(reader.get(60, TimeUnit.SECONDS)).isEqualTo("Ctimeout=25\n11Ctimeout=15\n1V");
        assertThat(watchdog.view()).isEqualTo(new WatchdogView(true, false, true));
    }

    @Test
    @DisplayName("HA-132: an end without V is what a reader sees when nobody disarmed")
    void abandoned() throws Exception {
        var reader = readToEnd();
        PipeDevice device = awaitOpen();
        device.setTimeout(25);
        device.keepalive();
        device.abandon();

        assertThat(reader.get(60, TimeUnit.SECONDS)).isEqualTo("Ctimeout=25\n1");
    }

    @Test
    @DisplayName("nothing is buffered: each byte can be read when the call returns")
    void unbuffered() throws Exception {
        try (var reader = new RandomAccessFile(pipe.toFile(), "rw")) {
            var watchdog = watchdog(Mode.REQUIRED);
            assertThat(watchdog.arm()).isTrue();
            byte[] first = new byte["Ctimeout=25\n".length()];
            reader.readFully(first);
            assertThat(new String(first, StandardCharsets.US_ASCII)).isEqualTo("Ctimeout=25\n");
            watchdog.keepalive();
            assertThat(reader.read()).isEqualTo('1');
            watchdog.disarm();
            assertThat(reader.read()).isEqualTo('V');
        }
    }

    @Test
    @DisplayName("the pipe is opened by arm only, and children do not inherit it")
    void openedLate() throws Exception {
        try (var reader = new RandomAccessFile(pipe.toFile(), "rw")) {
            assertThat(reader.getFD().valid()).isTrue();
            var watchdog = watchdog(Mode.REQUIRED);
            watchdog.adopt(Duration.ofSeconds(40), Duration.ofSeconds(10));
            watchdog.view();
            watchdog.keepalive();
            watchdog.disarm();
            assertThat(writerFlags()).isEmpty();

            watchdog.arm();
            int flags = writerFlags().orElseThrow();
            assertThat(flags & LinuxCalls.O_CLOEXEC).isNotZero();
            assertThat(flags & LinuxCalls.O_NONBLOCK).isNotZero();

            watchdog.disarm();
            assertThat(writerFlags()).isEmpty();
        }
    }

    @Test
    @DisplayName("CFG-089: a pipe that nobody reads is refused, not waited for")
    void nobodyReads() {
        assertThatThrownBy(() -> PipeDevice.open(pipe))
                .isInstanceOf(WatchdogException.class)
                .hasMessage("cannot open " + pipe + ": nobody reads the pipe");
        assertThat(watchdog(Mode.REQUIRED).arm()).isFalse();
        assertThat(watchdog(Mode.AUTOMATIC).arm()).isTrue();
    }

    @Test
    @DisplayName("a reader that has gone is noticed with the next keepalive")
    void readerGone() throws Exception {
        var watchdog = watchdog(Mode.REQUIRED);
        try (var reader = new RandomAccessFile(pipe.toFile(), "rw")) {
            assertThat(reader.getFD().valid()).isTrue();
            assertThat(watchdog.arm()).isTrue();
        }
        watchdog.keepalive();

        assertThat(watchdog.view().running()).isFalse();
        assertThat(watchdog.arm()).isFalse();
    }

    @Test
    @DisplayName("a reader that has stopped fills the pipe and holds nobody up")
    void readerStopped() throws Exception {
        try (var reader = new RandomAccessFile(pipe.toFile(), "rw")) {
            assertThat(reader.getFD().valid()).isTrue();
            PipeDevice device = PipeDevice.open(pipe);
            assertThatThrownBy(() -> {
                        for (int i = 0; i < 10_000_000; i++) {
                            device.keepalive();
                        }
                    })
                    .isInstanceOf(WatchdogException.class)
                    .hasMessageContaining("its reader has stopped");
            device.abandon();
        }
    }

    @Test
    @DisplayName("ioctl reaches the kernel: the entropy count of /dev/random")
    void ioctlWorks() {
        var opened = LinuxCalls.open("/dev/random", LinuxCalls.O_WRONLY | LinuxCalls.O_CLOEXEC);
        assertThat(opened.failed()).isFalse();
        try (var arena = Arena.ofConfined()) {
            var count = arena.allocate(ValueLayout.JAVA_INT);
            var result = LinuxCalls.ioctl((int) opened.value(), RNDGETENTCNT, count);
            assertThat(result.failed()).isFalse();
            assertThat(count.get(ValueLayout.JAVA_INT, 0)).isBetween(0, 4096);

            var wrong = LinuxCalls.ioctl((int) opened.value(), KernelDevice.GETSUPPORT, count);
            assertThat(wrong.failed()).isTrue();
            assertThat(wrong.errno()).isEqualTo(LinuxCalls.EINVAL);
        } finally {
            LinuxCalls.close((int) opened.value());
        }
    }

    @Test
    @DisplayName("what is no watchdog is refused with the reason, and closed again")
    void noWatchdogDevice() throws Exception {
        assertThatThrownBy(() -> KernelDevice.open(Path.of("/dev/random")))
                .isInstanceOf(WatchdogException.class)
                .hasMessage("/dev/random is no watchdog device: WDIOC_GETSUPPORT: invalid argument");
        Path file = Files.createFile(folder.resolve("file"));
        assertThatThrownBy(() -> KernelDevice.open(file))
                .isInstanceOf(WatchdogException.class)
                .hasMessageContaining("inappropriate ioctl for device");
        assertThatThrownBy(() -> KernelDevice.open(pipe))
                .isInstanceOf(WatchdogException.class)
                .hasMessageContaining("no such device or address");
        assertThat(flagsOf(file, "")).isEmpty();
    }

    private LinuxWatchdog watchdog(Mode mode) {
        return new LinuxWatchdog(new WatchdogSettings(mode, pipe, 5, Driver.TESTING), Duration.ofSeconds(30));
    }

    /** Opens the pipe as a reader and collects everything until the writer closes it. */
    private CompletableFuture<String> readToEnd() {
        var text = new CompletableFuture<String>();
        Thread.ofPlatform().daemon().start(() -> {
            try (var reader = new FileInputStream(pipe.toFile())) {
                text.complete(new String(reader.readAllBytes(), StandardCharsets.US_ASCII));
            } catch (IOException e) {
                text.completeExceptionally(e);
            }
        });
        return text;
    }

    /** The reader opens the pipe on another thread, some time. */
    private PipeDevice awaitOpen() {
        var opened = new CompletableFuture<PipeDevice>();
        await(() -> {
            try {
                return opened.complete(PipeDevice.open(pipe));
            } catch (WatchdogException _) {
                return false;
            }
        });
        return opened.join();
    }

    private Optional<Integer> writerFlags() throws IOException {
        return flagsOf(pipe, "1");
    }

    /** The flags of this process's descriptor of the file whose access mode, the last digit, is as given. */
    private static Optional<Integer> flagsOf(Path file, String accessMode) throws IOException {
        Path real = file.toRealPath();
        try (var links = Files.list(Path.of("/proc/self/fd"))) {
            for (Path link : links.toList()) {
                if (!Files.isSymbolicLink(link) || !Files.readSymbolicLink(link).equals(real)) {
                    continue;
                }
                String flags = Files.readAllLines(Path.of("/proc/self/fdinfo").resolve(link.getFileName())).stream()
                        .filter(line -> line.startsWith("flags:"))
                        .findFirst()
                        .orElseThrow()
                        .substring("flags:".length())
                        .strip();
                if (flags.endsWith(accessMode)) {
                    return Optional.of(Integer.parseInt(flags, 8));
                }
            }
        }
        return Optional.empty();
    }

    private interface Condition {
        boolean holds();
    }

    private static void await(Condition condition) {
        long start = System.nanoTime();
        while (!condition.holds()) {
            assertThat(System.nanoTime() - start).as("waited too long").isLessThan(60_000_000_000L);
            LockSupport.parkNanos(5_000_000);
        }
    }
}

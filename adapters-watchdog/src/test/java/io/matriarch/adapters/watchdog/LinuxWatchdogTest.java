package io.matriarch.adapters.watchdog;

import static org.assertj.core.api.Assertions.assertThat;

import io.matriarch.adapters.watchdog.WatchdogSettings.Driver;
import io.matriarch.adapters.watchdog.WatchdogSettings.Mode;
import io.matriarch.domain.ha.WatchdogView;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The rules around a device, with a device that only takes notes. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class LinuxWatchdogTest {

    private static final Duration NEVER = Duration.ofSeconds(60);
    private static final WatchdogView RUNNING = new WatchdogView(true, true, true);
    private static final WatchdogView IDLE = new WatchdogView(true, false, true);
    private static final WatchdogView UNUSABLE = new WatchdogView(true, false, false);

    @TempDir
    Path folder;

    private final LogLines logs = new LogLines(LinuxWatchdog.class);
    private final NotingDevice device = new NotingDevice();
    private Path path;

    @BeforeEach
    void createDevice() throws Exception {
        path = Files.createFile(folder.resolve("device"));
    }

    @AfterEach
    void stopListening() {
        logs.close();
    }

    @Test
    @DisplayName("HA-130: armed once, with ttl - safety_margin")
    void arms() {
        var watchdog = watchdog(Mode.REQUIRED);

        assertThat(watchdog.view()).isEqualTo(IDLE);
        assertThat(watchdog.arm()).isTrue();
        assertThat(watchdog.arm()).isTrue();

        assertThat(watchdog.view()).isEqualTo(RUNNING);
        assertThat(device.notes).containsExactly("open", "timeout 25");
        assertThat(logs.lines())
                .containsExactly("INFO noting device activated with 25 second timeout, timing slack 15 seconds");
    }

    @Test
    @DisplayName("HA-130, CFG-089: a negative slack disables the watchdog, and blocks leadership where it is required")
    void negativeSlack() {
        var required = watchdog(Mode.REQUIRED);
        required.adopt(Duration.ofSeconds(20), Duration.ofSeconds(16));
        assertThat(required.arm()).isFalse();
        assertThat(required.view()).isEqualTo(UNUSABLE);

        var automatic = watchdog(Mode.AUTOMATIC);
        automatic.adopt(Duration.ofSeconds(20), Duration.ofSeconds(16));
        assertThat(automatic.arm()).isTrue();
        assertThat(automatic.view()).isEqualTo(new WatchdogView(false, false, true));

        assertThat(device.notes).isEmpty();
        assertThat(logs.lines())
                .containsOnly("WARN Watchdog not supported because leader TTL 20 is less than 2x loop_wait 16");
    }

    @Test
    @DisplayName("HA-131: another ttl reaches the device with the next keepalive, before it")
    void ttlChanges() {
        var watchdog = watchdog(Mode.REQUIRED);
        watchdog.arm();
        watchdog.keepalive();
        watchdog.adopt(Duration.ofSeconds(40), Duration.ofSeconds(10));
        assertThat(device.notes).containsExactly("open", "timeout 25", "keepalive");

        watchdog.keepalive();
        watchdog.keepalive();
        watchdog.adopt(Duration.ofSeconds(40), Duration.ofSeconds(12));
        watchdog.keepalive();

        assertThat(device.notes)
                .containsExactly(
                        "open", "timeout 25", "keepalive", "timeout 35", "keepalive", "keepalive", "keepalive");
        assertThat(logs.lines())
                .contains("INFO noting device updated with 35 second timeout, timing slack 25 seconds")
                .contains("INFO noting device updated with 35 second timeout, timing slack 23 seconds");
    }

    @Test
    @DisplayName("HA-131: a ttl that leaves no slack stops a running device")
    void ttlTooShort() {
        var watchdog = watchdog(Mode.REQUIRED);
        watchdog.arm();
        watchdog.adopt(Duration.ofSeconds(20), Duration.ofSeconds(16));
        watchdog.keepalive();

        assertThat(device.notes).containsExactly("open", "timeout 25", "disarm");
        assertThat(watchdog.view()).isEqualTo(UNUSABLE);

        watchdog.adopt(Duration.ofSeconds(30), Duration.ofSeconds(10));
        assertThat(watchdog.arm()).isTrue();
    }

    @Test
    @DisplayName("HA-132: disarmed once, and only by disarm; afterwards nothing reaches the device")
    void disarms() {
        var watchdog = watchdog(Mode.REQUIRED);
        watchdog.disarm();
        watchdog.keepalive();
        assertThat(device.notes).isEmpty();

        watchdog.arm();
        watchdog.disarm();
        watchdog.disarm();
        watchdog.keepalive();

        assertThat(device.notes).containsExactly("open", "timeout 25", "disarm");
        assertThat(watchdog.view()).isEqualTo(IDLE);
    }

    @Test
    @DisplayName("HA-132: a thread that has been interrupted still disarms")
    void disarmsWhenInterrupted() {
        var watchdog = watchdog(Mode.REQUIRED);
        watchdog.arm();
        Thread.currentThread().interrupt();
        watchdog.disarm();

        assertThat(Thread.interrupted()).isTrue();
        assertThat(device.notes).endsWith("disarm");
    }

    @Test
    @DisplayName("a device without magic close gets a last keepalive and a warning")
    void cannotBeDisabled() {
        device.stoppable = false;
        var watchdog = watchdog(Mode.REQUIRED);
        watchdog.arm();
        watchdog.disarm();

        assertThat(device.notes).containsExactly("open", "timeout 25", "keepalive", "close");
        assertThat(logs.lines())
                .contains("WARN Watchdog implementation can't be disabled. System will reboot after 25 seconds when"
                        + " watchdog times out.");
    }

    @Test
    @DisplayName("a device that fires within the loop wait is not used")
    void timeoutBelowLoopWait() {
        device.fixed = 8;
        var watchdog = watchdog(Mode.REQUIRED);

        assertThat(watchdog.arm()).isFalse();
        assertThat(watchdog.arm()).isFalse();
        assertThat(watchdog.view()).isEqualTo(UNUSABLE);
        assertThat(device.notes).containsExactly("open", "timeout 25", "disarm");
        assertThat(logs.lines()).contains("ERROR loop_wait of 10 seconds is too long for watchdog 8 second timeout");
    }

    @Test
    @DisplayName("required: a device that fires too late is not used, until the ttl suits it")
    void timeoutTooLong() {
        device.fixed = 60;
        var required = watchdog(Mode.REQUIRED);
        assertThat(required.arm()).isFalse();
        assertThat(required.view()).isEqualTo(UNUSABLE);

        required.adopt(Duration.ofSeconds(65), Duration.ofSeconds(10));
        assertThat(required.arm()).isTrue();
        assertThat(required.view()).isEqualTo(RUNNING);
    }

    @Test
    @DisplayName("automatic: a device that fires too late is better than none, with a warning")
    void timeoutTooLongAutomatic() {
        device.fixed = 60;
        device.settable = false;
        var watchdog = watchdog(Mode.AUTOMATIC);
        assertThat(watchdog.arm()).isTrue();

        assertThat(watchdog.view()).isEqualTo(new WatchdogView(false, true, true));
        assertThat(device.notes).containsExactly("open");
        assertThat(logs.lines()).anyMatch(line -> line.startsWith("WARN") && line.contains("60 seconds"));
    }

    @Test
    @DisplayName("CFG-089: required without a device blocks leadership; automatic goes on without, said once")
    void noDevice() throws Exception {
        Files.delete(path);
        var required = new LinuxWatchdog(new WatchdogSettings(Mode.REQUIRED, path, 5, Driver.DEFAULT), NEVER);
        assertThat(required.view()).isEqualTo(UNUSABLE);
        assertThat(required.arm()).isFalse();

        var automatic = new LinuxWatchdog(new WatchdogSettings(Mode.AUTOMATIC, path, 5, Driver.DEFAULT), NEVER);
        assertThat(automatic.arm()).isTrue();
        assertThat(automatic.arm()).isTrue();
        assertThat(automatic.view()).isEqualTo(new WatchdogView(false, false, true));
        assertThat(logs.lines())
                .containsExactly(
                        "ERROR a watchdog is required but could not be activated: cannot open " + path
                                + ": no such file or directory",
                        "INFO no watchdog is used: cannot open " + path + ": no such file or directory");
    }

    @Test
    @DisplayName("a keepalive that fails is reported by the view, and the device is opened again")
    void keepaliveFails() {
        var watchdog = watchdog(Mode.REQUIRED);
        watchdog.arm();
        device.failing = true;
        watchdog.keepalive();
        assertThat(watchdog.view()).isEqualTo(IDLE);
        assertThat(logs.lines()).contains("ERROR the watchdog could not be kept alive: no luck");

        device.failing = false;
        assertThat(watchdog.arm()).isTrue();
        assertThat(device.notes).containsExactly("open", "timeout 25", "close", "open", "timeout 25");
    }

    @Test
    @DisplayName("a device that hangs holds nobody up and is reported; what arms too late is stopped again")
    void hangs() {
        device.hold = new CountDownLatch(1);
        var watchdog = watchdog(Mode.REQUIRED, Duration.ofMillis(200));
        long start = System.nanoTime();
        assertThat(watchdog.arm()).isFalse();
        assertThat(watchdog.view()).isEqualTo(UNUSABLE);
        watchdog.keepalive();
        watchdog.disarm();
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(60));

        device.hold.countDown();
        await(() -> device.notes.contains("disarm"));
        await(() -> watchdog.view().equals(IDLE));
        assertThat(device.notes).containsExactly("open", "timeout 25", "disarm");
    }

    @Test
    @DisplayName("HA-132: a device that hangs in a keepalive is still stopped, late")
    void hangsInKeepalive() {
        var watchdog = watchdog(Mode.REQUIRED, Duration.ofSeconds(2));
        watchdog.arm();
        device.hold = new CountDownLatch(1);
        watchdog.keepalive();
        assertThat(watchdog.view()).isEqualTo(UNUSABLE);
        watchdog.disarm();
        assertThat(device.notes).doesNotContain("disarm");

        device.hold.countDown();
        await(() -> watchdog.view().equals(IDLE));
        assertThat(device.notes).endsWith("keepalive", "disarm");
    }

    private LinuxWatchdog watchdog(Mode mode) {
        return watchdog(mode, NEVER);
    }

    private LinuxWatchdog watchdog(Mode mode, Duration callLimit) {
        var settings = new WatchdogSettings(mode, path, 5, Driver.DEFAULT);
        return new LinuxWatchdog(
                settings,
                () -> {
                    device.hold();
                    device.notes.add("open");
                    return device;
                },
                callLimit);
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

    private static final class NotingDevice implements WatchdogDevice {

        final List<String> notes = Collections.synchronizedList(new ArrayList<>());
        volatile CountDownLatch hold = new CountDownLatch(0);
        volatile boolean failing;
        volatile boolean stoppable = true;
        volatile boolean settable = true;
        volatile int fixed;
        private int timeout;

        void hold() {
            try {
                hold.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }

        @Override
        public String describe() {
            return "noting device";
        }

        @Override
        public boolean canSetTimeout() {
            return settable;
        }

        @Override
        public void setTimeout(int seconds) {
            notes.add("timeout " + seconds);
            timeout = seconds;
        }

        @Override
        public int timeout() {
            return fixed > 0 ? fixed : timeout;
        }

        @Override
        public void keepalive() throws WatchdogException {
            hold();
            if (failing) {
                throw new WatchdogException("no luck");
            }
            notes.add("keepalive");
        }

        @Override
        public boolean canBeDisabled() {
            return stoppable;
        }

        @Override
        public void disarm() {
            notes.add("disarm");
        }

        @Override
        public void abandon() {
            notes.add("close");
        }
    }
}

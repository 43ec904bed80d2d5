package io.matriarch.adapters.watchdog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.inject.Guice;
import com.google.inject.Injector;
import io.matriarch.adapters.watchdog.WatchdogSettings.Driver;
import io.matriarch.adapters.watchdog.WatchdogSettings.Mode;
import io.matriarch.domain.ha.WatchdogView;
import io.matriarch.ports.plugin.AdapterPlugin;
import io.matriarch.ports.plugin.ConfigProblems;
import io.matriarch.ports.process.ProcessMemory;
import io.matriarch.ports.time.Clock;
import io.matriarch.ports.watchdog.Watchdog;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.ServiceLoader;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WatchdogSettingsTest {

    @Test
    @DisplayName("CFG-089: without a section the watchdog is automatic")
    void defaults() {
        assertThat(read(Map.of()))
                .isEqualTo(new WatchdogSettings(Mode.AUTOMATIC, Path.of("/dev/watchdog"), 5, Driver.DEFAULT));
    }

    @ParameterizedTest
    @CsvSource({
        "off, OFF",
        "false, OFF",
        "disable, OFF",
        "disabled, OFF",
        "automatic, AUTOMATIC",
        "auto, AUTOMATIC",
        "Auto, AUTOMATIC",
        "required, REQUIRED",
        "require, REQUIRED",
        "sometimes, OFF",
        "true, OFF"
    })
    @DisplayName("the modes and their synonyms; an unknown one is off")
    void modes(String text, Mode mode) {
        assertThat(read(Map.of("mode", text)).mode()).isEqualTo(mode);
    }

    @Test
    @DisplayName("off in YAML is a boolean")
    void offIsBoolean() {
        assertThat(read(Map.of("mode", false)).mode()).isEqualTo(Mode.OFF);
    }

    @Test
    @DisplayName("every problem of the section at once")
    void problems() {
        assertThatThrownBy(() -> read(Map.of("safety_margin", -2, "driver", "mine")))
                .isInstanceOf(ConfigProblems.class)
                .hasMessageContaining("watchdog.safety_margin -2")
                .hasMessageContaining("watchdog.driver mine");
    }

    @Test
    @DisplayName("where there is no watchdog support, required is a problem and automatic is off")
    void unsupportedPlatform() {
        assertThatThrownBy(() -> WatchdogSettings.read(new MapSection(Map.of("mode", "required")), "Plan 9"))
                .isInstanceOf(ConfigProblems.class)
                .hasMessageContaining(
                        "Configuration requires a watchdog, but watchdog is not supported on this platform.");
        assertThat(WatchdogSettings.read(new MapSection(Map.of()), "Plan 9").mode())
                .isEqualTo(Mode.OFF);
    }

    @ParameterizedTest
    @CsvSource({
        "30, 10, 5, 25, 15",
        "30, 10, -1, 15, 5",
        "31, 10, -1, 15, 5",
        "30, 10, 0, 30, 20",
        "20, 10, 10, 10, 0",
        "30, 10, 25, 5, -5",
        "20, 11, -1, 10, -1"
    })
    @DisplayName("HA-130, CFG-089: the timeout is ttl - safety_margin, or half the ttl for -1")
    void timeouts(int ttl, int loopWait, int margin, int timeout, int slack) {
        var timing = WatchdogTiming.of(Duration.ofSeconds(ttl), Duration.ofSeconds(loopWait), margin);
        assertThat(timing.timeout()).isEqualTo(timeout);
        assertThat(timing.slack()).isEqualTo(slack);
        assertThat(timing.shortened()).isFalse();
    }

    @ParameterizedTest
    @CsvSource({"9, 5, 4, true", "5, 5, 2, true", "5, 0, 2, true", "5, -1, 2, false", "1, 5, 1, true", "2, 5, 1, true"})
    @DisplayName("SAF-040: below a ttl of 10 the timeout is half of it, at least a second")
    void shortLeases(int ttl, int margin, int timeout, boolean shortened) {
        var timing = WatchdogTiming.of(Duration.ofSeconds(ttl), Duration.ofSeconds(1), margin);
        assertThat(timing.timeout()).isEqualTo(timeout);
        assertThat(timing.shortened()).isEqualTo(shortened);
    }

    @Test
    @DisplayName("the plugin is found and binds its ports, each once")
    void plugin() {
        AdapterPlugin plugin = ServiceLoader.load(AdapterPlugin.class).stream()
                .map(ServiceLoader.Provider::get)
                .filter(found -> found.section().equals("watchdog"))
                .findFirst()
                .orElseThrow();
        assertThat(plugin.ports()).containsExactlyInAnyOrder(Watchdog.class, Clock.class, ProcessMemory.class);

        Injector off = Guice.createInjector(plugin.module(new MapSection(Map.of("mode", "off"))));
        assertThat(off.getInstance(Watchdog.class)).isInstanceOf(NoWatchdog.class);
        assertThat(off.getInstance(Watchdog.class).view()).isEqualTo(WatchdogView.OFF);
        assertThat(off.getInstance(Watchdog.class).arm()).isTrue();

        Injector automatic = Guice.createInjector(plugin.module(new MapSection(Map.of())));
        for (Class<?> port : plugin.ports()) {
            Object first = automatic.getInstance(port);
            assertThat(first).isSameAs(automatic.getInstance(port));
        }
        assertThat(automatic.getInstance(Watchdog.class)).isInstanceOf(LinuxWatchdog.class);
    }

    private static WatchdogSettings read(Map<String, Object> values) {
        return WatchdogSettings.read(new MapSection(values), "Linux");
    }
}

package io.matriarch.adapters.watchdog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.matriarch.adapters.watchdog.GuardSettings.Mode;
import io.matriarch.ports.plugin.AdapterPlugin;
import io.matriarch.ports.plugin.ConfigProblems;
import io.matriarch.ports.watchdog.Guard;
import java.time.Duration;
import java.util.Map;
import java.util.ServiceLoader;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class GuardSettingsTest {

    @Test
    @DisplayName("an empty section means automatic, with the ladder's own margin")
    void defaults() {
        assertThat(read(Map.of())).isEqualTo(new GuardSettings(Mode.AUTOMATIC, Duration.ZERO));
    }

    @Test
    @DisplayName("modes as people and YAML write them, a margin with fractions")
    void values() {
        assertThat(read(Map.of("mode", false)).mode()).isEqualTo(Mode.OFF);
        assertThat(read(Map.of("mode", "OFF")).mode()).isEqualTo(Mode.OFF);
        assertThat(read(Map.of("mode", "required", "safety_margin", "1.5")))
                .isEqualTo(new GuardSettings(Mode.REQUIRED, Duration.ofMillis(1500)));
    }

    @Test
    @DisplayName("what cannot be used is a problem of its key, all at once")
    void problems() {
        assertThatThrownBy(() -> read(Map.of("mode", "maybe", "safety_margin", -1)))
                .isInstanceOfSatisfying(
                        ConfigProblems.class,
                        e -> assertThat(e.problems())
                                .extracting(problem -> problem.message())
                                .containsExactlyInAnyOrder(
                                        "must be automatic, required or off", "must be 0 or more seconds"));
        assertThatThrownBy(() -> GuardSettings.read(new MapSection(Map.of("mode", "required")), "Mac OS X"))
                .isInstanceOf(ConfigProblems.class)
                .hasMessageContaining("Linux");
        assertThat(GuardSettings.read(new MapSection(Map.of()), "Mac OS X").mode())
                .isEqualTo(Mode.OFF);
    }

    @Test
    @DisplayName("the plugin of the section is found and serves the guard")
    void plugin() {
        assertThat(ServiceLoader.load(AdapterPlugin.class).stream()
                        .map(ServiceLoader.Provider::get)
                        .filter(found -> found.section().equals("guard")))
                .singleElement()
                .satisfies(found -> assertThat(found.ports()).containsExactly(Guard.class));
    }

    private static GuardSettings read(Map<String, Object> values) {
        return GuardSettings.read(new MapSection(values), "Linux");
    }
}

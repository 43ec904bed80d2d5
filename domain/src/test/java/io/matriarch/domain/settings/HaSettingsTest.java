package io.matriarch.domain.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class HaSettingsTest {

    @Test
    @DisplayName("HA-134 loop_wait + 2 * retry_timeout <= ttl")
    void rule() {
        assertThat(with(30, 10, 10).ttl()).isEqualTo(Duration.ofSeconds(30));
        assertThatThrownBy(() -> with(30, 11, 10)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    @DisplayName("SAF-070, HA-068 peers are waited for an eighth of the ttl, two seconds at most")
    void patience() {
        assertThat(with(30, 10, 10).peerPatience()).isEqualTo(Duration.ofSeconds(2));
        assertThat(with(8, 2, 3).peerPatience()).isEqualTo(Duration.ofSeconds(1));
    }

    private static HaSettings with(int ttl, int loopWait, int retryTimeout) {
        return HaSettings.DEFAULTS
                .edit()
                .timing(Duration.ofSeconds(ttl), Duration.ofSeconds(loopWait), Duration.ofSeconds(retryTimeout))
                .build();
    }
}

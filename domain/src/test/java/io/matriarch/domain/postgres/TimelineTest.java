package io.matriarch.domain.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TimelineTest {

    @Test
    void order() {
        assertThat(new Timeline(1).isBefore(new Timeline(2))).isTrue();
        assertThat(new Timeline(2).isBefore(new Timeline(2))).isFalse();
        assertThat(new Timeline(2).isBefore(new Timeline(1))).isFalse();
        assertThat(Timeline.UNKNOWN.isBefore(Timeline.FIRST)).isTrue();
        assertThat(new Timeline(-1).toString()).isEqualTo("4294967295");
        assertThat(Timeline.FIRST.next()).isEqualTo(new Timeline(2));
        assertThat(Timeline.UNKNOWN.isKnown()).isFalse();
    }
}

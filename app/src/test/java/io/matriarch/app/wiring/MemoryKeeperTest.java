package io.matriarch.app.wiring;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class MemoryKeeperTest {

    private int given;
    private long heap = 20 << 20;
    private final MemoryKeeper keeper = new MemoryKeeper(
            () -> {
                given++;
                heap = 8 << 20;
            },
            () -> heap);

    @Test
    @DisplayName("what the start has left behind is given back once, some time after it")
    void afterTheStart() {
        assertThat(keeper.look()).isEqualTo(MemoryKeeper.AFTER_START);
        assertThat(given).isZero();
        assertThat(keeper.look()).isEqualTo(MemoryKeeper.PERIOD);
        assertThat(given).isEqualTo(1);
        assertThat(keeper.look()).isEqualTo(MemoryKeeper.PERIOD);
        assertThat(given).isEqualTo(1);
    }

    @Test
    @DisplayName("later only what is worth the pause")
    void afterGrowth() {
        keeper.look();
        keeper.look();
        heap += MemoryKeeper.GROWTH_BYTES - 1;
        keeper.look();
        assertThat(given).isEqualTo(1);
        heap++;
        keeper.look();
        assertThat(given).isEqualTo(2);
        keeper.look();
        assertThat(given).isEqualTo(2);
    }
}

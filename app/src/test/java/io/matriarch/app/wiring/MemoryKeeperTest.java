package io.matriarch.app.wiring;

import static org.assertj.core.api.Assertions.assertThat;

import io.matriarch.ports.process.ProcessMemory;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class MemoryKeeperTest {

    private int collected;
    private int given;
    private long heap = 20 << 20;
    private final MemoryKeeper keeper = new MemoryKeeper(
            new ProcessMemory() {
                @Override
                public void collect() {
                    collected++;
                    heap = 8 << 20;
                }

                @Override
                public void giveBack() {
                    given++;
                }
            },
            () -> heap);

    @Test
    @DisplayName("what the start has left behind is collected and given back some time after it")
    void afterTheStart() {
        assertThat(keeper.look()).isEqualTo(MemoryKeeper.AFTER_START);
        assertThat(List.of(collected, given)).containsExactly(0, 0);
        assertThat(keeper.look()).isEqualTo(MemoryKeeper.PERIOD);
        assertThat(List.of(collected, given)).containsExactly(1, 1);
    }

    @Test
    @DisplayName("later pages are given back each time, and the heap is collected when it is worth the pause")
    void afterGrowth() {
        keeper.look();
        keeper.look();
        heap += MemoryKeeper.GROWTH_BYTES - 1;
        assertThat(keeper.look()).isEqualTo(MemoryKeeper.PERIOD);
        assertThat(List.of(collected, given)).containsExactly(1, 2);
        heap++;
        keeper.look();
        assertThat(List.of(collected, given)).containsExactly(2, 3);
        keeper.look();
        assertThat(List.of(collected, given)).containsExactly(2, 4);
    }
}

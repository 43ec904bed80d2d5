package io.matriarch.domain.slot;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LogicalSafetyTest {

    @ParameterizedTest
    @DisplayName("HA-141 a copied logical slot is safe once the primary holds for it what it needs")
    @CsvSource({
        "700, 700, 700, true",
        "700, 710, 720, true",
        "700, 699, 720, false",
        "700, 721, 720, false",
        "4294967290, 4294967295, 5, true",
        "4294967290, 5, 4294967295, false"
    })
    void safe(long remembered, long physical, long local, boolean safe) {
        assertThat(LogicalSafety.isSafe(remembered, physical, local)).isEqualTo(safe);
    }
}

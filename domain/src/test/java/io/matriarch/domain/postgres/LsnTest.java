package io.matriarch.domain.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigInteger;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LsnTest {

    private static final BigInteger LIMIT = BigInteger.ONE.shiftLeft(64);

    @Test
    @DisplayName("order, difference and text against a twin that counts without bounds")
    void twin() {
        var random = new Random(1);
        for (int i = 0; i < 10_000; i++) {
            long one = random.nextInt(4) == 0 ? random.nextInt(5) - 2 : random.nextLong();
            long two = random.nextInt(4) == 0 ? one + random.nextInt(3) - 1 : random.nextLong();
            Lsn a = new Lsn(one);
            Lsn b = new Lsn(two);
            int order = big(one).compareTo(big(two));
            assertThat(Integer.signum(a.compareTo(b))).isEqualTo(order);
            assertThat(a.isAtLeast(b)).isEqualTo(order >= 0);
            assertThat(a.isAfter(b)).isEqualTo(order > 0);
            assertThat(big(a.max(b).value())).isEqualTo(big(one).max(big(two)));
            assertThat(big(a.lagBytes(b))).isEqualTo(order <= 0 ? BigInteger.ZERO : big(one).subtract(big(two)));
            assertThat(Lsn.parse(a.toString())).isEqualTo(a);
        }
    }

    @Test
    @DisplayName("PostgreSQL's text form")
    void text() {
        assertThat(Lsn.parse("0/5000060").toString()).isEqualTo("0/5000060");
        assertThat(Lsn.parse("16/B374D848").value()).isEqualTo(0x16_B374_D848L);
        assertThat(Lsn.parse("FFFFFFFF/FFFFFFFF").value()).isEqualTo(-1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "/", "0/", "/0", "0", "0/x", "100000000/0", "-1/0", "0/1/2"})
    void junk(String text) {
        assertThatThrownBy(() -> Lsn.parse(text)).isInstanceOf(IllegalArgumentException.class);
    }

    private static BigInteger big(long value) {
        return value >= 0
                ? BigInteger.valueOf(value)
                : BigInteger.valueOf(value).add(LIMIT);
    }
}

package io.matriarch.app.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ValueParserTest {

    @ParameterizedTest
    @CsvSource({
        "1, 1",
        "-5, -5",
        "+7, 7",
        "0x1F, 31",
        "0644, 420",
        "2.5, 2",
        "3.5, 4",
        "1e3, 1000",
        "1E+2, 100",
        "' 12 ', 12",
        ".5, 0",
        "1.5, 2",
        "010.5, 10",
        "-2.5, -2",
        "0, 0",
        "00, 0",
        "-0x10, -16"
    })
    @DisplayName("integers: hex, octal, decimal, and fractions rounded half to even")
    void readsIntegers(String text, long value) {
        assertThat(ValueParser.integer(text)).hasValue(value);
    }

    @Test
    @DisplayName("what is no number without a unit is none")
    void refusesOthers() {
        for (Object bad : List.of(
                "",
                "x",
                "1x",
                "08",
                "1 MB",
                "1e",
                "--1",
                "0x",
                "1e999999999",
                "99999999999999999999",
                true,
                "true",
                List.of(1))) {
            assertThat(ValueParser.integer(bad)).as("%s", bad).isEmpty();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "1MB, kB, 1024", "1 GB, MB, 1024", "16MB, 8kB, 2048", "1kB, MB, 0", "512kB, MB, 0", "1536kB, MB, 2",
                "128MB, MB, 128",
        "2, MB, 2", "1.5GB, MB, 1536", "30min, s, 1800", "1h, s, 3600", "1d, min, 1440", "500ms, s, 0", "1500ms, s, 2",
        "1s, ms, 1000", "100us, ms, 0", "0x10kB, kB, 16"
    })
    @DisplayName("CFG-032: units of memory and time become the key's own unit")
    void readsUnits(String text, String base, long value) {
        assertThat(ValueParser.integer(text, base)).hasValue(value);
    }

    @Test
    @DisplayName("units are case-sensitive and of the key's kind")
    void refusesWrongUnits() {
        Map.of("1KB", "kB", "1mb", "kB", "1Min", "s", "1MB", "s", "1s", "kB", "1m", "s")
                .forEach((text, base) ->
                        assertThat(ValueParser.integer(text, base)).as(text).isEmpty());
    }

    @Test
    @DisplayName("booleans in any case, and only these words")
    void readsBooleans() {
        for (Object yes : List.of("on", "ON", "true", "Yes", "1", 1, true)) {
            assertThat(ValueParser.bool(yes)).as("%s", yes).contains(true);
        }
        for (Object no : List.of("off", "False", "NO", "0", 0, false)) {
            assertThat(ValueParser.bool(no)).as("%s", no).contains(false);
        }
        for (Object neither : List.of("", "y", "t", "2", 2, 1.0, "enabled")) {
            assertThat(ValueParser.bool(neither)).as("%s", neither).isEmpty();
        }
        assertThat(ValueParser.real("0.25")).isEqualTo(OptionalDouble.of(0.25));
    }

    @Test
    @DisplayName("a naive reader finds the same numbers in thousands of texts")
    void agreesWithANaiveTwin() {
        Random random = new Random(20261122);
        String[] units = {"", "B", "kB", "MB", "GB", "TB", "us", "ms", "s", "min", "h", "d", "KB", "x"};
        String[] bases = {"", "B", "kB", "8kB", "MB", "16MB", "ms", "s", "min"};
        for (int i = 0; i < 20_000; i++) {
            String number = number(random);
            String unit = units[random.nextInt(units.length)];
            String base = bases[random.nextInt(bases.length)];
            // A unit right behind hexadecimal digits may look like one more of them.
            String text = number + " ".repeat(number.startsWith("0x") ? 1 : random.nextInt(2)) + unit;
            OptionalLong ours = base.isEmpty() ? ValueParser.integer(text) : ValueParser.integer(text, base);

            assertThat(ours).as("%s in '%s'", text, base).isEqualTo(naive(number, unit, base));
        }
    }

    private static String number(Random random) {
        int value = random.nextInt(100_000);
        return switch (random.nextInt(5)) {
            case 0 -> "0x" + Integer.toHexString(value);
            case 1 -> "0" + Integer.toOctalString(value);
            // Eighths, so that doubles are exact.
            case 2 -> String.valueOf(value / 8.0);
            case 3 -> "-" + value;
            default -> String.valueOf(value);
        };
    }

    /** Doubles and a chain of ifs instead of exact decimals and a pattern. */
    private static OptionalLong naive(String number, String unit, String base) {
        double value;
        if (number.startsWith("0x")) {
            value = Integer.parseInt(number.substring(2), 16);
        } else if (number.matches("0[0-7]+")) {
            value = Integer.parseInt(number, 8);
        } else {
            value = Double.parseDouble(number);
        }
        if (!unit.isEmpty()) {
            Optional<Double> have = inBase(unit);
            String bare = base.replaceAll("[0-9]", "");
            boolean sameKind = !base.isEmpty() && have.isPresent() && isMemory(unit) == isMemory(bare);
            if (!sameKind) {
                return OptionalLong.empty();
            }
            double times = base.length() == bare.length() ? 1 : Double.parseDouble(base.replaceAll("[^0-9]", ""));
            value = value * have.get() / (times * inBase(bare).orElseThrow());
        }
        return OptionalLong.of((long) Math.rint(value));
    }

    private static boolean isMemory(String unit) {
        return unit.endsWith("B");
    }

    private static Optional<Double> inBase(String unit) {
        List<String> memory = List.of("B", "kB", "MB", "GB", "TB");
        if (memory.contains(unit)) {
            return Optional.of(Math.pow(1024, memory.indexOf(unit)));
        }
        List<String> time = List.of("us", "ms", "s", "min", "h", "d");
        List<Double> micros = List.of(1.0, 1e3, 1e6, 6e7, 3.6e9, 8.64e10);
        return time.contains(unit) ? Optional.of(micros.get(time.indexOf(unit))) : Optional.empty();
    }
}

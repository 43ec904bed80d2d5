package io.matriarch.app.config;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Booleans, numbers, sizes and times as people write them in a PostgreSQL configuration. A unit counts only where the
 * key has a base unit; what cannot be read is empty, never an exception.
 */
public final class ValueParser {

    private static final Pattern NUMBER = Pattern.compile(
            "\\s*([-+]?)(?:0[xX]([0-9a-fA-F]+)" + "|((?:[0-9]+(?:\\.[0-9]*)?|\\.[0-9]+)(?:[eE][-+]?[0-9]+)?))(.*)");
    private static final Pattern BASE_UNIT = Pattern.compile("([0-9]*)([A-Za-z]+)");

    /** Bytes. */
    private static final Map<String, Long> SIZES =
            Map.of("B", 1L, "kB", 1L << 10, "MB", 1L << 20, "GB", 1L << 30, "TB", 1L << 40);

    /** Microseconds. */
    private static final Map<String, Long> TIMES = Map.of(
            "us", 1L, "ms", 1_000L, "s", 1_000_000L, "min", 60_000_000L, "h", 3_600_000_000L, "d", 86_400_000_000L);

    private ValueParser() {}

    /** {@code on}, {@code true}, {@code yes}, {@code 1} and their opposites in any case. */
    public static Optional<Boolean> bool(Object value) {
        return switch (Trees.text(value).toLowerCase(Locale.ROOT)) {
            case "on", "true", "yes", "1" -> Optional.of(true);
            case "off", "false", "no", "0" -> Optional.of(false);
            default -> Optional.empty();
        };
    }

    /** A number without a unit, rounded half to even. */
    public static OptionalLong integer(Object value) {
        return integer(value, Optional.empty());
    }

    /**
     * A number in {@code baseUnit}, rounded half to even.
     *
     * @param baseUnit what a number without a unit means, {@code s} or {@code 8kB}
     */
    public static OptionalLong integer(Object value, String baseUnit) {
        return integer(value, Optional.of(baseUnit));
    }

    /** A number without a unit. */
    public static OptionalDouble real(Object value) {
        return exact(value, Optional.empty())
                .map(n -> OptionalDouble.of(n.doubleValue()))
                .orElse(OptionalDouble.empty());
    }

    private static OptionalLong integer(Object value, Optional<String> baseUnit) {
        return exact(value, baseUnit)
                .map(n -> n.setScale(0, RoundingMode.HALF_EVEN).toBigInteger())
                .filter(n -> n.bitLength() < Long.SIZE)
                .map(n -> OptionalLong.of(n.longValue()))
                .orElse(OptionalLong.empty());
    }

    /** A number with an optional unit, in {@code baseUnit} where there is one. */
    static Optional<BigDecimal> exact(Object value, Optional<String> baseUnit) {
        if (value instanceof Number number) {
            return decimal(number);
        }
        Matcher parts = NUMBER.matcher(Trees.text(value));
        if (!(value instanceof String) || !parts.matches()) {
            return Optional.empty();
        }
        boolean hex = parts.group(2) != null;
        String digits = hex ? parts.group(2) : parts.group(3);
        String rest = parts.group(4);
        BigDecimal number;
        if (hex) {
            number = new BigDecimal(new BigInteger(digits, 16));
        } else if (digits.matches("0[0-9]+")) {
            // As strtol: a leading zero means octal, and the first digit that is none begins the unit.
            int end = 1;
            while (end < digits.length() && digits.charAt(end) < '8') {
                end++;
            }
            number = new BigDecimal(new BigInteger(digits.substring(0, end), 8));
            rest = digits.substring(end) + rest;
        } else if (exponent(digits) > 400) {
            return Optional.empty();
        } else {
            number = new BigDecimal(digits);
        }
        BigDecimal signed = parts.group(1).equals("-") ? number.negate() : number;
        String unit = rest.strip();
        return unit.isEmpty() ? Optional.of(signed) : baseUnit.flatMap(base -> inUnit(signed, unit, base));
    }

    /** Guards against texts such as 1e999999999, whose digits would not fit into memory. */
    private static long exponent(String digits) {
        int e = Math.max(digits.indexOf('e'), digits.indexOf('E'));
        if (e < 0) {
            return 0;
        }
        String exponent = digits.substring(e + 1).replace("+", "");
        return exponent.length() > 5 ? Integer.MAX_VALUE : Math.abs(Long.parseLong(exponent));
    }

    private static Optional<BigDecimal> decimal(Number number) {
        return switch (number) {
            case Integer i -> Optional.of(BigDecimal.valueOf(i));
            case Long l -> Optional.of(BigDecimal.valueOf(l));
            case BigInteger i -> Optional.of(new BigDecimal(i));
            case BigDecimal d -> Optional.of(d);
            default ->
                Double.isFinite(number.doubleValue())
                        ? Optional.of(BigDecimal.valueOf(number.doubleValue()))
                        : Optional.empty();
        };
    }

    private static Optional<BigDecimal> inUnit(BigDecimal number, String unit, String baseUnit) {
        Matcher base = BASE_UNIT.matcher(baseUnit);
        if (!base.matches()) {
            throw new IllegalArgumentException("not a base unit: " + baseUnit);
        }
        Map<String, Long> table = SIZES.containsKey(base.group(2)) ? SIZES : TIMES;
        Long have = table.get(unit);
        Long want = table.get(base.group(2));
        if (have == null || want == null) {
            return Optional.empty();
        }
        long times = base.group(1).isEmpty() ? 1 : Long.parseLong(base.group(1));
        return Optional.of(number.multiply(BigDecimal.valueOf(have))
                .divide(BigDecimal.valueOf(want * times), 20, RoundingMode.HALF_EVEN));
    }
}

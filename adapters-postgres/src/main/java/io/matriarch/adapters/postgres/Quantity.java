package io.matriarch.adapters.postgres;

import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A number with PostgreSQL's unit of memory or time.
 *
 * @param number the number
 * @param unit {@code kB}, {@code min}, {@code 8kB}…, or empty
 */
record Quantity(double number, String unit) {

    private static final Pattern FORM = Pattern.compile(
            "\\s*([+-]?(?:\\d+\\.?\\d*|\\.\\d+)(?:[eE][+-]?\\d+)?|0[xX][0-9a-fA-F]+)\\s*([A-Za-z]*)\\s*");
    private static final Map<String, Double> BYTES =
            Map.of("B", 1.0, "kB", 1024.0, "MB", 1048576.0, "GB", 1073741824.0, "TB", 1099511627776.0);
    private static final Map<String, Double> MILLIS =
            Map.of("us", 0.001, "ms", 1.0, "s", 1000.0, "min", 60000.0, "h", 3600000.0, "d", 86400000.0);

    static Optional<Quantity> parse(String text) {
        Matcher matcher = FORM.matcher(text);
        if (!matcher.matches()) {
            return Optional.empty();
        }
        String unit = matcher.group(2);
        if (!unit.isEmpty() && !BYTES.containsKey(unit) && !MILLIS.containsKey(unit)) {
            return Optional.empty();
        }
        String digits = matcher.group(1);
        double number = digits.toLowerCase(java.util.Locale.ROOT).startsWith("0x")
                ? Long.parseLong(digits.substring(2), 16)
                : Double.parseDouble(digits);
        return Optional.of(new Quantity(number, unit));
    }

    /**
     * The number in {@code base}, the unit in which pg_settings shows a parameter ({@code 8kB}, {@code s}, empty).
     *
     * @return empty when the units do not fit
     */
    Optional<Double> in(String base) {
        if (unit.isEmpty() || base.isEmpty()) {
            return unit.isEmpty() ? Optional.of(number) : Optional.empty();
        }
        Matcher matcher = Pattern.compile("(\\d*)([A-Za-z]+)").matcher(base);
        if (!matcher.matches()) {
            return Optional.empty();
        }
        double multiple = matcher.group(1).isEmpty() ? 1 : Double.parseDouble(matcher.group(1));
        for (Map<String, Double> family : java.util.List.of(BYTES, MILLIS)) {
            if (family.containsKey(unit) && family.containsKey(matcher.group(2))) {
                return Optional.of(number * family.get(unit) / (family.get(matcher.group(2)) * multiple));
            }
        }
        return Optional.empty();
    }

    /** A value of pg_settings with its unit, in the largest unit that keeps it whole: 16384 of 8kB is 128MB. */
    static String format(String setting, String base) {
        Optional<Quantity> parsed = parse(setting);
        Matcher matcher = Pattern.compile("(\\d*)([A-Za-z]+)").matcher(base);
        if (parsed.isEmpty() || !matcher.matches() || parsed.get().number() <= 0) {
            return setting;
        }
        double multiple = matcher.group(1).isEmpty() ? 1 : Double.parseDouble(matcher.group(1));
        Map<String, Double> family = BYTES.containsKey(matcher.group(2)) ? BYTES : MILLIS;
        double amount = parsed.get().number() * multiple * family.getOrDefault(matcher.group(2), 1.0);
        return family.entrySet().stream()
                .filter(entry -> amount / entry.getValue() >= 1 && amount % entry.getValue() == 0)
                .max(Map.Entry.comparingByValue())
                .map(entry -> (long) (amount / entry.getValue()) + entry.getKey())
                .orElse(setting);
    }
}

package io.matriarch.app.config;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * Trees of plain values: {@code Map}, {@code List}, {@code String}, {@code Number}, {@code Boolean} and, in a patch,
 * {@code null}.
 */
public final class Trees {

    private Trees() {}

    /**
     * Lays a patch over a tree. Maps are merged, {@code null} removes a key, everything else replaces what was there.
     *
     * @return a new tree; the arguments stay as they are
     */
    public static Map<String, Object> patch(Map<String, Object> base, Map<String, Object> patch) {
        Map<String, Object> merged = new LinkedHashMap<>(base);
        patch.forEach((key, value) -> {
            if (value == null) {
                merged.remove(key);
            } else if (value instanceof Map<?, ?> && merged.get(key) instanceof Map<?, ?>) {
                merged.put(key, patch(mapAt(merged, key), mapAt(patch, key)));
            } else {
                merged.put(key, withoutNulls(value));
            }
        });
        return merged;
    }

    /** Equal as the reference sees it: leaves are compared as text, so 1 equals "1" but true differs from "true". */
    public static boolean same(Object one, Object other) {
        return switch (one) {
            case Map<?, ?> a ->
                other instanceof Map<?, ?> b
                        && a.keySet().equals(b.keySet())
                        && a.keySet().stream().allMatch(key -> same(a.get(key), b.get(key)));
            case List<?> a -> other instanceof List<?> b && sameItems(a, b);
            case null -> other == null;
            default ->
                other != null
                        && !(other instanceof Map)
                        && !(other instanceof List)
                        && text(one).equals(text(other));
        };
    }

    private static boolean sameItems(List<?> one, List<?> other) {
        if (one.size() != other.size()) {
            return false;
        }
        for (int i = 0; i < one.size(); i++) {
            if (!same(one.get(i), other.get(i))) {
                return false;
            }
        }
        return true;
    }

    /** A value as the reference prints it: {@code True}, {@code None}, {@code 1e-05}. */
    public static String text(Object value) {
        // Not a switch over types here and below: the JVM makes a class for each, which costs every command a
        // millisecond.
        if (value instanceof Boolean flag) {
            return flag ? "True" : "False";
        }
        boolean real = value instanceof Double || value instanceof Float || value instanceof BigDecimal;
        return real ? real(((Number) value).doubleValue()) : Objects.toString(value, "None");
    }

    private static String real(double value) {
        if (Double.isNaN(value)) {
            return "nan";
        }
        if (Double.isInfinite(value)) {
            return value > 0 ? "inf" : "-inf";
        }
        if (value == 0) {
            return 1 / value < 0 ? "-0.0" : "0.0";
        }
        BigDecimal exact = new BigDecimal(Double.toString(value)).stripTrailingZeros();
        int exponent = exact.precision() - exact.scale() - 1;
        if (exponent >= -4 && exponent < 16) {
            String plain = exact.toPlainString();
            return plain.contains(".") ? plain : plain + ".0";
        }
        String digits = exact.unscaledValue().abs().toString();
        return (value < 0 ? "-" : "")
                + digits.charAt(0)
                + (digits.length() > 1 ? "." + digits.substring(1) : "")
                + (exponent < 0 ? "e-" : "e+")
                + (Math.abs(exponent) < 10 ? "0" : "")
                + Math.abs(exponent);
    }

    /** The map under a key, empty when something else is there. */
    public static Map<String, Object> mapAt(Map<String, Object> tree, String key) {
        return asMap(tree.get(key)).orElse(Map.of());
    }

    /** The value under a dotted path. */
    public static Optional<Object> at(Map<String, Object> tree, String path) {
        Object here = tree;
        for (String step : path.split("\\.")) {
            Optional<Map<String, Object>> map = asMap(here);
            if (map.isEmpty() || map.get().get(step) == null) {
                return Optional.empty();
            }
            here = map.get().get(step);
        }
        return Optional.of(here);
    }

    @SuppressWarnings("unchecked") // every map of a tree has texts for keys: the loaders see to that
    public static Optional<Map<String, Object>> asMap(Object value) {
        return value instanceof Map<?, ?> map ? Optional.of((Map<String, Object>) map) : Optional.empty();
    }

    /** Whether the reference would take the value for a true one: not empty, not zero, not false. */
    public static boolean truthy(Object value) {
        if (value instanceof Boolean flag) {
            return flag;
        }
        if (value instanceof Number number) {
            return number.doubleValue() != 0;
        }
        boolean empty = value instanceof String text && text.isEmpty()
                || value instanceof Map<?, ?> map && map.isEmpty()
                || value instanceof List<?> list && list.isEmpty();
        return value != null && !empty;
    }

    /** A copy without the keys that have no value. */
    public static Map<String, Object> withoutNulls(Map<String, Object> tree) {
        Map<String, Object> copy = new LinkedHashMap<>();
        tree.forEach((key, value) -> {
            if (value != null) {
                copy.put(key, withoutNulls(value));
            }
        });
        return copy;
    }

    private static Object withoutNulls(Object value) {
        return asMap(value).<Object>map(Trees::withoutNulls).orElse(value);
    }

    /** A deep copy nobody can change. */
    public static Map<String, Object> frozen(Map<String, Object> tree) {
        Map<String, Object> copy = new LinkedHashMap<>();
        tree.forEach((key, value) -> copy.put(key, frozen(value)));
        return Collections.unmodifiableMap(copy);
    }

    private static Object frozen(Object value) {
        if (value instanceof List<?> list) {
            List<Object> copy = new ArrayList<>();
            list.forEach(item -> copy.add(frozen(item)));
            return Collections.unmodifiableList(copy);
        }
        return asMap(value).<Object>map(Trees::frozen).orElse(value);
    }
}

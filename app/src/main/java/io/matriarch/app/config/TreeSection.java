package io.matriarch.app.config;

import io.matriarch.ports.plugin.ConfigProblem;
import io.matriarch.ports.plugin.ConfigProblems;
import io.matriarch.ports.plugin.ConfigSection;
import io.matriarch.ports.plugin.Secret;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Function;

/**
 * A map of a configuration tree. All sections made from one another share one list of problems. A boolean where text is
 * wanted reads as {@code on} or {@code off}, because that is what a bare word of an operator was before YAML saw it.
 */
public final class TreeSection implements ConfigSection {

    private static final BigDecimal LONGEST_SECONDS = BigDecimal.valueOf(Integer.MAX_VALUE);

    private final String path;
    private final Map<String, Object> values;
    private final List<ConfigProblem> problems;

    /**
     * A section.
     *
     * @param path the section's key with its parents, empty for the root
     * @param problems where problems go, shared with other sections
     */
    public TreeSection(String path, Map<String, Object> values, List<ConfigProblem> problems) {
        this.path = path;
        this.values = Trees.frozen(values);
        this.problems = problems;
    }

    /** A section that keeps its problems to itself and those below. */
    public static TreeSection of(String path, Map<String, Object> values) {
        return new TreeSection(path, values, new ArrayList<>());
    }

    @Override
    public String path() {
        return path;
    }

    @Override
    public Optional<String> text(String key) {
        return read(key, "is not a string", TreeSection::asText);
    }

    @Override
    public Optional<Secret> secret(String key) {
        return text(key).map(Secret::new);
    }

    @Override
    public Optional<Integer> integer(String key) {
        return read(key, "is not an integer", value -> {
            OptionalLong number = ValueParser.integer(value);
            return number.isPresent() && number.getAsLong() == (int) number.getAsLong()
                    ? Optional.of((int) number.getAsLong())
                    : Optional.empty();
        });
    }

    @Override
    public Optional<Duration> seconds(String key) {
        return read(key, "is not a number of seconds", value -> asSeconds(value, Optional.of("s")));
    }

    @Override
    public Optional<Boolean> flag(String key) {
        return read(key, "is not a boolean", ValueParser::bool);
    }

    @Override
    public List<String> texts(String key) {
        return read(key, "is not a list", value -> {
                    if (value instanceof List<?> list) {
                        List<Optional<String>> items =
                                list.stream().map(TreeSection::asText).toList();
                        return items.stream().allMatch(Optional::isPresent)
                                ? Optional.of(items.stream().map(Optional::get).toList())
                                : Optional.empty();
                    }
                    return asText(value).map(TreeSection::split);
                })
                .orElse(List.of());
    }

    @Override
    public List<Object> items(String key) {
        return read(key, "is not a list", value -> switch (value) {
                    case List<?> list -> Optional.of(Collections.<Object>unmodifiableList(list));
                    case Map<?, ?> map ->
                        Optional.of(Trees.asMap(map).orElseThrow().entrySet().stream()
                                .<Object>map(entry -> Collections.singletonMap(entry.getKey(), entry.getValue()))
                                .toList());
                    default -> Optional.<List<Object>>empty();
                })
                .orElse(List.of());
    }

    @Override
    public TreeSection section(String key) {
        Map<String, Object> below =
                read(key, "is not a dictionary", Trees::asMap).orElse(Map.of());
        return new TreeSection(below(key), below, problems);
    }

    @Override
    public Map<String, Object> values() {
        return values;
    }

    @Override
    public void problem(String key, String message) {
        Object value = values.get(key);
        problems.add(new ConfigProblem(below(key), shown(key, value), message));
    }

    @Override
    public void check() {
        if (!problems.isEmpty()) {
            throw new ConfigProblems(problems.stream().distinct().toList());
        }
    }

    /** Whether the key is there with a value. */
    boolean has(String key) {
        return values.get(key) != null;
    }

    private String below(String key) {
        return path.isEmpty() ? key : path + "." + key;
    }

    /** An empty value, as after a key with nothing behind it, is an absent one. */
    private <T> Optional<T> read(String key, String message, Function<Object, Optional<T>> reading) {
        Object value = values.get(key);
        if (value == null || value.equals("")) {
            return Optional.empty();
        }
        Optional<T> result = reading.apply(value);
        if (result.isEmpty()) {
            problem(key, message);
        }
        return result;
    }

    private static Optional<String> asText(Object value) {
        if (value instanceof String text) {
            return Optional.of(text);
        }
        if (value instanceof Boolean flag) {
            return Optional.of(flag ? "on" : "off");
        }
        return value instanceof Number number ? Optional.of(Trees.text(number)) : Optional.empty();
    }

    static Optional<Duration> asSeconds(Object value, Optional<String> unit) {
        return ValueParser.exact(value, unit)
                .filter(seconds -> seconds.abs().compareTo(LONGEST_SECONDS) <= 0)
                .map(seconds -> Duration.ofNanos(seconds.movePointRight(9).longValue()));
    }

    private static List<String> split(String text) {
        List<String> items = new ArrayList<>();
        for (String item : text.split(",")) {
            if (!item.isBlank()) {
                items.add(item.strip());
            }
        }
        return List.copyOf(items);
    }

    /** What a message may show: nothing that could be a secret, and nothing long. */
    static String shown(String key, Object value) {
        if (value == null) {
            return "";
        }
        if (key.contains("password") || key.contains("token") || key.contains("secret") || key.equals("url")) {
            return new Secret("").toString();
        }
        if (value instanceof Map || value instanceof List) {
            // A map may hold passwords further down.
            return value instanceof Map ? "{…}" : "[…]";
        }
        String text = Trees.text(value);
        return text.length() > 200 ? text.substring(0, 200) + "…" : text;
    }
}

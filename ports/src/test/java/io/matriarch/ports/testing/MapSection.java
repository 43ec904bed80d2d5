package io.matriarch.ports.testing;

import io.matriarch.ports.plugin.ConfigProblem;
import io.matriarch.ports.plugin.ConfigProblems;
import io.matriarch.ports.plugin.ConfigSection;
import io.matriarch.ports.plugin.Secret;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** A section of plain values for an adapter's tests: without the finer conventions of a configuration file. */
public final class MapSection implements ConfigSection {

    private final String path;
    private final Map<String, Object> values;
    private final List<ConfigProblem> problems;

    public MapSection(String path, Map<String, Object> values) {
        this(path, values, new ArrayList<>());
    }

    private MapSection(String path, Map<String, Object> values, List<ConfigProblem> problems) {
        this.path = path;
        this.values = Map.copyOf(values);
        this.problems = problems;
    }

    /** What has been found wrong so far. */
    public List<ConfigProblem> problems() {
        return List.copyOf(problems);
    }

    @Override
    public String path() {
        return path;
    }

    @Override
    public Optional<String> text(String key) {
        return read(key, Object::toString);
    }

    @Override
    public Optional<Secret> secret(String key) {
        return text(key).map(Secret::new);
    }

    @Override
    public Optional<Integer> integer(String key) {
        return read(key, value -> Integer.valueOf(value.toString()));
    }

    @Override
    public Optional<Duration> seconds(String key) {
        return read(
                key,
                value -> Duration.ofNanos(
                        new BigDecimal(value.toString()).movePointRight(9).longValueExact()));
    }

    @Override
    public Optional<Boolean> flag(String key) {
        return read(key, value -> Boolean.valueOf(value.toString()));
    }

    @Override
    public List<String> texts(String key) {
        return items(key).stream().map(Object::toString).toList();
    }

    @Override
    public List<Object> items(String key) {
        return switch (values.get(key)) {
            case null -> List.of();
            case List<?> list -> List.copyOf(list);
            case Object other -> List.of((Object[]) other.toString().split(" *, *"));
        };
    }

    @Override
    @SuppressWarnings("unchecked")
    public ConfigSection section(String key) {
        var below = values.get(key) instanceof Map<?, ?> map ? (Map<String, Object>) map : Map.<String, Object>of();
        return new MapSection(path + "." + key, below, problems);
    }

    @Override
    public Map<String, Object> values() {
        return values;
    }

    @Override
    public void problem(String key, String message) {
        var value = Optional.ofNullable(values.get(key)).map(Object::toString).orElse("");
        problems.add(new ConfigProblem(path + "." + key, value, message));
    }

    @Override
    public void check() {
        if (!problems.isEmpty()) {
            throw new ConfigProblems(problems);
        }
    }

    private <T> Optional<T> read(String key, Function<Object, T> conversion) {
        try {
            return Optional.ofNullable(values.get(key)).map(conversion);
        } catch (ArithmeticException | NumberFormatException e) {
            problem(key, "has the wrong type");
            return Optional.empty();
        }
    }
}

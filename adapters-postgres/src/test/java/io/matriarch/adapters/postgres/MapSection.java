package io.matriarch.adapters.postgres;

import io.matriarch.ports.plugin.ConfigProblem;
import io.matriarch.ports.plugin.ConfigProblems;
import io.matriarch.ports.plugin.ConfigSection;
import io.matriarch.ports.plugin.Secret;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A section of a configuration that is a map. */
final class MapSection implements ConfigSection {

    private final String path;
    private final Map<String, Object> values;
    private final List<ConfigProblem> problems;

    MapSection(String path, Map<String, Object> values) {
        this(path, values, new ArrayList<>());
    }

    private MapSection(String path, Map<String, Object> values, List<ConfigProblem> problems) {
        this.path = path;
        this.values = values;
        this.problems = problems;
    }

    @Override
    public String path() {
        return path;
    }

    @Override
    public Optional<String> text(String key) {
        return Optional.ofNullable(values.get(key)).map(Object::toString);
    }

    @Override
    public Optional<Secret> secret(String key) {
        return text(key).map(Secret::new);
    }

    @Override
    public Optional<Integer> integer(String key) {
        return text(key).map(Integer::valueOf);
    }

    @Override
    public Optional<Duration> seconds(String key) {
        return text(key).map(text -> Duration.ofMillis((long) (Double.parseDouble(text) * 1000)));
    }

    @Override
    public Optional<Boolean> flag(String key) {
        return text(key).map(text -> List.of("true", "on", "yes", "1").contains(text));
    }

    @Override
    public List<String> texts(String key) {
        return items(key).stream().map(Object::toString).toList();
    }

    @Override
    public List<Object> items(String key) {
        return values.get(key) instanceof List<?> list ? List.copyOf(list) : List.of();
    }

    @Override
    public ConfigSection section(String key) {
        var below = new java.util.TreeMap<String, Object>();
        if (values.get(key) instanceof Map<?, ?> map) {
            map.forEach((name, value) -> below.put(String.valueOf(name), value));
        }
        return new MapSection(path + "." + key, below, problems);
    }

    @Override
    public Map<String, Object> values() {
        return values;
    }

    @Override
    public void problem(String key, String message) {
        problems.add(new ConfigProblem(path + "." + key, text(key).orElse(""), message));
    }

    @Override
    public void check() {
        if (!problems.isEmpty()) {
            throw new ConfigProblems(problems);
        }
    }
}

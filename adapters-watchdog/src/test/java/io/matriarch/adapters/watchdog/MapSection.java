package io.matriarch.adapters.watchdog;

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

/** A section of plain values. */
record MapSection(Map<String, Object> values, List<ConfigProblem> found) implements ConfigSection {

    MapSection(Map<String, Object> values) {
        this(values, new ArrayList<>());
    }

    @Override
    public String path() {
        return "watchdog";
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
        return text(key)
                .map(text ->
                        Duration.ofMillis(new BigDecimal(text).movePointRight(3).longValueExact()));
    }

    @Override
    public Optional<Boolean> flag(String key) {
        return text(key).map(Boolean::valueOf);
    }

    @Override
    public List<String> texts(String key) {
        return text(key).stream().toList();
    }

    @Override
    public List<Object> items(String key) {
        return List.of();
    }

    @Override
    public ConfigSection section(String key) {
        return new MapSection(Map.of(), found);
    }

    @Override
    public void problem(String key, String message) {
        found.add(new ConfigProblem(path() + "." + key, text(key).orElse(""), message));
    }

    @Override
    public void check() {
        if (!found.isEmpty()) {
            throw new ConfigProblems(found);
        }
    }
}

package io.matriarch.adapters.raft;

import io.matriarch.ports.plugin.ConfigProblem;
import io.matriarch.ports.plugin.ConfigProblems;
import io.matriarch.ports.plugin.ConfigSection;
import io.matriarch.ports.plugin.Secret;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A section of the configuration out of a map whose values have the right types already. */
record MapSection(Map<String, Object> values, List<ConfigProblem> problems) implements ConfigSection {

    static MapSection of(Map<String, Object> values) {
        return new MapSection(values, new ArrayList<>());
    }

    @Override
    public String path() {
        return "raft";
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
        return text(key).map(Boolean::valueOf);
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
        return of(Map.of());
    }

    @Override
    public void problem(String key, String message) {
        problems.add(new ConfigProblem("raft." + key, text(key).orElse(""), message));
    }

    @Override
    public void check() {
        if (!problems.isEmpty()) {
            throw new ConfigProblems(problems);
        }
    }
}

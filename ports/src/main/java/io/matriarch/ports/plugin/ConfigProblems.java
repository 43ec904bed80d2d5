package io.matriarch.ports.plugin;

import java.util.List;
import java.util.stream.Collectors;

/** The configuration cannot be used; every problem at once. */
public final class ConfigProblems extends RuntimeException {

    private final transient List<ConfigProblem> problems;

    public ConfigProblems(List<ConfigProblem> problems) {
        super(problems.stream().map(ConfigProblem::toString).collect(Collectors.joining("\n")));
        this.problems = List.copyOf(problems);
    }

    public List<ConfigProblem> problems() {
        return problems;
    }
}

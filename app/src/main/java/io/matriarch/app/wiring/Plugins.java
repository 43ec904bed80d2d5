package io.matriarch.app.wiring;

import com.google.inject.Module;
import io.matriarch.app.config.AgentConfig;
import io.matriarch.app.config.LocalConfig;
import io.matriarch.ports.plugin.AdapterPlugin;
import io.matriarch.ports.plugin.ConfigProblem;
import io.matriarch.ports.plugin.ConfigProblems;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.stream.Stream;

/** Chooses the adapters by the sections of the configuration. */
final class Plugins {

    private Plugins() {}

    /**
     * The modules of the store, of PostgreSQL, of the watchdog and of the guard.
     *
     * @throws ConfigProblems with what is wrong in all of their sections
     */
    static List<Module> modules(AgentConfig config) {
        List<ConfigProblem> problems = new ArrayList<>();
        List<Module> modules = modules(config.local(), Optional.of(config.store()), problems);
        if (!problems.isEmpty()) {
            throw new ConfigProblems(problems);
        }
        return modules;
    }

    /** What the adapters find in their sections, also when other parts of the configuration cannot be used. */
    static List<ConfigProblem> problems(LocalConfig local) {
        List<ConfigProblem> problems = new ArrayList<>();
        modules(local, AgentConfig.store(local), problems);
        return problems;
    }

    private static List<Module> modules(LocalConfig local, Optional<String> store, List<ConfigProblem> problems) {
        List<AdapterPlugin> found = ServiceLoader.load(AdapterPlugin.class).stream()
                .map(ServiceLoader.Provider::get)
                .toList();
        List<Module> modules = new ArrayList<>();
        for (String section : Stream.concat(store.stream(), Stream.of("postgresql", "watchdog", "guard"))
                .toList()) {
            try {
                AdapterPlugin plugin = found.stream()
                        .filter(one -> one.section().equals(section))
                        .findFirst()
                        .orElseThrow(() -> new ConfigProblems(List.of(new ConfigProblem(
                                section, "", "there is no adapter for this section in this installation"))));
                modules.add(plugin.module(local.root().section(section)));
            } catch (ConfigProblems e) {
                problems.addAll(e.problems());
            }
        }
        return modules;
    }
}

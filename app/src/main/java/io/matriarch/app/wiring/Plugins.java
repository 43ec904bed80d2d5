package io.matriarch.app.wiring;

import com.google.inject.Module;
import io.matriarch.app.config.AgentConfig;
import io.matriarch.ports.plugin.AdapterPlugin;
import io.matriarch.ports.plugin.ConfigProblem;
import io.matriarch.ports.plugin.ConfigProblems;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;

/** Chooses the adapters by the sections of the configuration. */
final class Plugins {

    private Plugins() {}

    /**
     * The modules of the store, of PostgreSQL and of the watchdog.
     *
     * @throws ConfigProblems with what is wrong in all of their sections
     */
    static List<Module> modules(AgentConfig config) {
        List<AdapterPlugin> found = ServiceLoader.load(AdapterPlugin.class).stream()
                .map(ServiceLoader.Provider::get)
                .toList();
        List<ConfigProblem> problems = new ArrayList<>();
        List<Module> modules = new ArrayList<>();
        for (String section : List.of(config.store(), "postgresql", "watchdog")) {
            try {
                AdapterPlugin plugin = found.stream()
                        .filter(one -> one.section().equals(section))
                        .findFirst()
                        .orElseThrow(() -> new ConfigProblems(List.of(new ConfigProblem(
                                section, "", "there is no adapter for this section in this installation"))));
                modules.add(plugin.module(
                        section.equals(config.store()) ? config.storeSection() : config.section(section)));
            } catch (ConfigProblems e) {
                problems.addAll(e.problems());
            }
        }
        if (!problems.isEmpty()) {
            throw new ConfigProblems(problems);
        }
        return modules;
    }
}

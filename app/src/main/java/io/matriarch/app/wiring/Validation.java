package io.matriarch.app.wiring;

import io.matriarch.app.config.ConfigCheck;
import io.matriarch.app.config.ConfigException;
import io.matriarch.app.config.ConfigLoader;
import io.matriarch.app.config.HostChecks;
import io.matriarch.app.config.LocalConfig;
import io.matriarch.ports.plugin.ConfigProblem;
import io.matriarch.ports.plugin.ConfigProblems;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** {@code --validate-config}: everything that is wrong with a configuration on this host, and nothing is changed. */
public final class Validation {

    private Validation() {}

    /**
     * What was found.
     *
     * @param lines what is wrong, a line each
     * @param tree the configuration with the environment's share of it
     */
    public record Result(List<String> lines, Map<String, Object> tree) {}

    /**
     * Looks at the tree, at the sections of the adapters, and at the machine.
     *
     * @param portsMatter whether a listen port that answers is a problem
     */
    public static Result of(Optional<Path> config, Map<String, String> environment, boolean portsMatter) {
        LocalConfig local;
        try {
            local = ConfigLoader.load(config, environment);
        } catch (ConfigException e) {
            return new Result(e.getMessage().lines().toList(), Map.of());
        }
        List<ConfigProblem> found = ConfigCheck.joined(
                ConfigCheck.forValidation(local.tree()),
                HostChecks.forValidation(local.tree(), environment, portsMatter));
        List<ConfigProblem> all = ConfigCheck.joined(found, Plugins.problems(local));
        return new Result(ConfigCheck.lines(new ConfigProblems(all)), local.tree());
    }
}

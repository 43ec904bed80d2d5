package io.matriarch.app.wiring;

import io.matriarch.app.config.AgentConfig;
import io.matriarch.app.config.ConfigCheck;
import io.matriarch.app.config.ConfigException;
import io.matriarch.app.config.ConfigLoader;
import io.matriarch.app.config.HostChecks;
import io.matriarch.app.config.LiveConfig;
import io.matriarch.app.config.LocalConfig;
import io.matriarch.app.config.LogSetup;
import io.matriarch.app.rest.RestServer;
import io.matriarch.app.rest.RestServerException;
import io.matriarch.app.version.Version;
import io.matriarch.ports.plugin.ConfigProblem;
import io.matriarch.ports.plugin.ConfigProblems;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The life of an agent's process: checks, start, signals, end. */
public final class AgentProcess {

    private static final Logger log = LoggerFactory.getLogger(AgentProcess.class);

    private AgentProcess() {}

    /**
     * Runs an agent until it is told to end.
     *
     * @param config file or directory; empty for the environment alone
     * @return the process's exit status
     */
    public static int run(Optional<Path> config, Map<String, String> environment) {
        LocalConfig local;
        try {
            local = ConfigLoader.load(config, environment);
        } catch (ConfigException e) {
            return fail(e.getMessage());
        }
        Optional<Path> dataDirectory =
                local.root().section("postgresql").text("data_dir").map(Path::of);
        Optional<String> refused = dataDirectory.flatMap(Privileges::dropTo);
        if (refused.isPresent()) {
            return fail(refused.get());
        }
        LiveConfig live;
        try {
            live = LiveConfig.start(local);
        } catch (ConfigProblems e) {
            // A key that nobody knows is often the misspelt one that is missing.
            ConfigCheck.unknownKeys(local.tree()).forEach(log::warn);
            return refuse(ConfigCheck.joined(e.problems(), HostChecks.forStart(local.tree(), environment)), local);
        }
        LogSetup.apply(live.state().agent().log()).ifPresent(log::warn);
        List<ConfigProblem> problems = HostChecks.forStart(local.tree(), environment);
        return problems.isEmpty() ? end(start(live)) : refuse(problems, local);
    }

    /** Says everything that is wrong, what the adapters find in their sections included. */
    private static int refuse(List<ConfigProblem> problems, LocalConfig local) {
        List<ConfigProblem> all = ConfigCheck.joined(problems, Plugins.problems(local));
        ConfigCheck.lines(new ConfigProblems(all)).forEach(log::error);
        return end(1);
    }

    private static int start(LiveConfig live) {
        AgentConfig agent = live.state().agent();
        Path dataDirectory =
                Path.of(live.effective().postgresqlSection().text("data_dir").orElseThrow());
        log.info(
                "Matriarch {} starts as {} of {} with {}",
                Version.own(),
                agent.name(),
                agent.scope().name(),
                agent.store());
        ProcessLock own;
        try {
            Files.createDirectories(dataDirectory.toAbsolutePath().getParent());
            Optional<ProcessLock> lock = ProcessLock.take(dataDirectory);
            if (lock.isEmpty()) {
                log.error(
                        "another agent runs for the data directory {} and holds {}",
                        dataDirectory,
                        ProcessLock.file(dataDirectory));
                return 1;
            }
            own = lock.get();
        } catch (IOException e) {
            log.error("cannot take the lock beside the data directory {}: {}", dataDirectory, e.toString());
            return 1;
        }
        try {
            return run(AgentFactory.create(live, own), live);
        } catch (ConfigProblems e) {
            ConfigCheck.lines(e).forEach(log::error);
            return 1;
        } catch (RestServerException e) {
            log.error("{}", e.getMessage());
            return 1;
        } catch (Exception e) {
            log.error("the agent ends: {}", e.getMessage(), e);
            return 1;
        }
    }

    private static int run(AgentForRest parts, LiveConfig live) throws Exception {
        Agent agent = parts.agent();
        try (agent;
                RestServer rest = RestServer.start(parts, live)) {
            agent.onReload(rest::reconfigure);
            Signals.on("TERM", agent::shutdown);
            Signals.on("INT", agent::shutdown);
            Signals.on("HUP", agent::reload);
            return agent.run();
        }
    }

    private static int fail(String message) {
        message.lines().forEach(log::error);
        return end(1);
    }

    private static int end(int status) {
        boolean written = LogSetup.stop(Duration.ofSeconds(5));
        return written ? status : 5;
    }
}

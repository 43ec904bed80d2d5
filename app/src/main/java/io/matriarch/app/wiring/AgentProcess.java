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
        LiveConfig live;
        try {
            local = ConfigLoader.load(config, environment);
            Optional<Path> dataDirectory =
                    local.root().section("postgresql").text("data_dir").map(Path::of);
            Optional<String> refused = dataDirectory.flatMap(Privileges::dropTo);
            if (refused.isPresent()) {
                return fail(refused.get());
            }
            live = LiveConfig.start(local);
        } catch (ConfigException e) {
            return fail(e.getMessage());
        } catch (ConfigProblems e) {
            ConfigCheck.lines(e).forEach(log::error);
            return end(1);
        }
        LogSetup.apply(live.state().agent().log()).ifPresent(log::warn);
        List<ConfigProblem> problems = HostChecks.forStart(local.tree(), environment);
        if (!problems.isEmpty()) {
            problems.forEach(problem -> log.error("{}", problem));
            return end(1);
        }
        return end(start(live));
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

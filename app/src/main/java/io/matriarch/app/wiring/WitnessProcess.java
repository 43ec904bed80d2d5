package io.matriarch.app.wiring;

import com.google.inject.Guice;
import com.google.inject.Injector;
import io.matriarch.app.config.ConfigCheck;
import io.matriarch.app.config.ConfigException;
import io.matriarch.app.config.ConfigLoader;
import io.matriarch.app.config.LocalConfig;
import io.matriarch.app.config.LogSettings;
import io.matriarch.app.config.LogSetup;
import io.matriarch.app.config.Timings;
import io.matriarch.app.config.TreeSection;
import io.matriarch.ports.dcs.DcsTiming;
import io.matriarch.ports.plugin.AdapterPlugin;
import io.matriarch.ports.plugin.ConfigProblems;
import io.matriarch.ports.plugin.StoreNodeProvider;
import io.matriarch.ports.process.ProcessMemory;
import io.matriarch.ports.time.Clock;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A member of the embedded store without PostgreSQL: it votes, and nothing else. */
public final class WitnessProcess {

    private static final Logger log = LoggerFactory.getLogger(WitnessProcess.class);

    private WitnessProcess() {}

    /**
     * Runs until a signal ends it.
     *
     * @return the process's exit status
     */
    public static int run(Optional<Path> config, Map<String, String> environment) {
        int status = 1;
        try {
            LocalConfig local = ConfigLoader.load(config, environment);
            LogSetup.apply(LogSettings.DEFAULT).ifPresent(log::warn);
            var stop = new CountDownLatch(1);
            Signals.on("TERM", stop::countDown);
            Signals.on("INT", stop::countDown);
            StoreNodeProvider provider = ServiceLoader.load(StoreNodeProvider.class)
                    .findFirst()
                    .orElseThrow(() -> new ConfigException("this installation has no embedded store"));
            Timings timings = Timings.DEFAULT;
            var timing = new DcsTiming(timings.ttl(), timings.loopWait(), timings.retryTimeout());
            Injector linux = linux();
            AutoCloseable node = provider.start(local.root().section("raft"), timing, linux.getInstance(Clock.class));
            var memory = new MemoryKeeper(linux.getInstance(ProcessMemory.class), Runtime.getRuntime()::totalMemory);
            while (!stop.await(memory.look().toMillis(), TimeUnit.MILLISECONDS)) {
                log.debug("{} bytes of heap", Runtime.getRuntime().totalMemory());
            }
            node.close();
            status = 0;
        } catch (ConfigProblems e) {
            ConfigCheck.lines(e).forEach(log::error);
        } catch (ConfigException | UncheckedIOException e) {
            log.error("{}", e.getMessage());
        } catch (Exception e) {
            log.error("the witness ends: {}", e.getMessage(), e);
        }
        return LogSetup.stop(Duration.ofSeconds(5)) ? status : 5;
    }

    /** The same clock as an agent's, and the process's memory: the watchdog's plugin offers them. */
    private static Injector linux() {
        var empty = TreeSection.of("watchdog", Map.of("mode", "off"));
        AdapterPlugin linux = ServiceLoader.load(AdapterPlugin.class).stream()
                .map(ServiceLoader.Provider::get)
                .filter(plugin -> plugin.ports().contains(Clock.class))
                .findFirst()
                .orElseThrow(() -> new ConfigException("this installation has no clock"));
        return Guice.createInjector(linux.module(empty));
    }
}

package io.matriarch.adapters.watchdog;

import com.google.inject.AbstractModule;
import com.google.inject.Module;
import com.google.inject.Provides;
import com.google.inject.Singleton;
import io.matriarch.ports.plugin.AdapterPlugin;
import io.matriarch.ports.plugin.ConfigSection;
import io.matriarch.ports.postgres.PostgresContext;
import io.matriarch.ports.time.Clock;
import io.matriarch.ports.watchdog.Guard;
import java.nio.file.Path;
import java.util.Set;

/**
 * PostgreSQL's parent: the guard process, or the mere start of processes. An empty section is a valid one. The
 * {@link PostgresContext} is bound by the application.
 */
public final class GuardPlugin implements AdapterPlugin {

    @Override
    public Set<Class<?>> ports() {
        return Set.of(Guard.class);
    }

    @Override
    public String section() {
        return "guard";
    }

    @Override
    public Module module(ConfigSection section) {
        return new GuardModule(GuardSettings.read(section, System.getProperty("os.name")));
    }

    private static final class GuardModule extends AbstractModule {

        private final GuardSettings settings;

        GuardModule(GuardSettings settings) {
            this.settings = settings;
        }

        @Provides
        @Singleton
        Guard guard(Clock clock, PostgresContext postgres) {
            Path dataDirectory = Path.of(postgres.settings().text("data_dir").orElseThrow());
            var program = new GuardProgram(GuardProgram.installed(), dataDirectory);
            return switch (settings.mode()) {
                case OFF -> {
                    GuardProcess.standDown(program);
                    yield new DetachedStart(clock);
                }
                case AUTOMATIC, REQUIRED -> new GuardProcess(settings, program, dataDirectory, clock);
            };
        }
    }
}

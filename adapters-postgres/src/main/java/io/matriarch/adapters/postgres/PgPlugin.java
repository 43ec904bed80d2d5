package io.matriarch.adapters.postgres;

import com.google.inject.AbstractModule;
import com.google.inject.Module;
import com.google.inject.Provides;
import com.google.inject.Singleton;
import io.matriarch.ports.plugin.AdapterPlugin;
import io.matriarch.ports.plugin.ConfigSection;
import io.matriarch.ports.postgres.PostgresConfigurator;
import io.matriarch.ports.postgres.PostgresContext;
import io.matriarch.ports.postgres.PostgresControl;
import io.matriarch.ports.postgres.PostgresProbe;
import io.matriarch.ports.watchdog.Guard;
import java.util.Set;

/** Serves the PostgreSQL ports. The guard and the {@link PostgresContext} are bound by the application. */
public final class PgPlugin implements AdapterPlugin {

    @Override
    public Set<Class<?>> ports() {
        return Set.of(PostgresProbe.class, PostgresControl.class, PostgresConfigurator.class);
    }

    @Override
    public String section() {
        return "postgresql";
    }

    @Override
    public Module module(ConfigSection settings) {
        PgSettings.read(settings);
        return new AbstractModule() {
            @Provides
            @Singleton
            Server server(PostgresContext context) {
                return new Server(context);
            }

            @Provides
            @Singleton
            Reloader reloader(Server server) {
                return new Reloader(server);
            }

            @Provides
            @Singleton
            PostgresProbe probe(Server server) {
                return new PgProbe(server);
            }

            @Provides
            @Singleton
            PostgresControl control(Server server, Guard guard, Reloader reloader) {
                return new PgControl(server, guard, reloader);
            }

            @Provides
            @Singleton
            PostgresConfigurator configurator(Server server, Reloader reloader) {
                return new PgConfigurator(server, reloader);
            }
        };
    }
}

package io.matriarch.adapters.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.inject.AbstractModule;
import com.google.inject.Guice;
import com.google.inject.Injector;
import io.matriarch.domain.postgres.DataDirectory;
import io.matriarch.ports.plugin.AdapterPlugin;
import io.matriarch.ports.postgres.PostgresConfigurator;
import io.matriarch.ports.postgres.PostgresContext;
import io.matriarch.ports.postgres.PostgresControl;
import io.matriarch.ports.postgres.PostgresProbe;
import io.matriarch.ports.testing.MapSection;
import io.matriarch.ports.watchdog.Guard;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ServiceLoader;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class PgPluginTest {

    @TempDir
    Path folder;

    @Test
    @DisplayName("the plugin is found and binds the three ports to one server")
    void binds() throws Exception {
        AdapterPlugin plugin = ServiceLoader.load(AdapterPlugin.class).stream()
                .map(ServiceLoader.Provider::get)
                .filter(found -> found.section().equals("postgresql"))
                .findFirst()
                .orElseThrow();
        var instance = new Instance(folder, "srv1");

        Injector injector = Guice.createInjector(
                plugin.module(new MapSection("postgresql", instance.section)), new AbstractModule() {
                    @Override
                    protected void configure() {
                        bind(PostgresContext.class).toInstance(instance.context());
                        bind(Guard.class).toInstance(instance.guard);
                    }
                });

        PostgresProbe probe = injector.getInstance(PostgresProbe.class);
        assertThat(probe.observe(Duration.ofSeconds(1)).directory()).isInstanceOf(DataDirectory.Empty.class);
        assertThat(injector.getInstance(PostgresControl.class).stopProof()).isPresent();
        assertThat(plugin.ports())
                .contains(PostgresProbe.class, PostgresControl.class)
                .allSatisfy(port -> assertThat(injector.getInstance(port)).isNotNull());
        assertThat(injector.getInstance(PostgresConfigurator.class)).isNotNull();
        probe.close();
    }
}

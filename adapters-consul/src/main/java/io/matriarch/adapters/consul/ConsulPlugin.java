package io.matriarch.adapters.consul;

import com.google.inject.AbstractModule;
import com.google.inject.Module;
import com.google.inject.Provides;
import com.google.inject.Singleton;
import io.matriarch.ports.dcs.Dcs;
import io.matriarch.ports.plugin.AdapterPlugin;
import io.matriarch.ports.plugin.ConfigSection;
import io.matriarch.ports.plugin.DcsContext;
import java.util.Set;

/** Serves the store from Consul. */
public final class ConsulPlugin implements AdapterPlugin {

    @Override
    public Set<Class<?>> ports() {
        return Set.of(Dcs.class);
    }

    @Override
    public String section() {
        return "consul";
    }

    @Override
    public Module module(ConfigSection section) {
        // Read at once, so that problems are found before anything is built.
        ConsulSettings.from(section);
        return new AbstractModule() {
            @Provides
            @Singleton
            Dcs dcs(DcsContext context) {
                return new ConsulProvider().client(section, context);
            }
        };
    }
}

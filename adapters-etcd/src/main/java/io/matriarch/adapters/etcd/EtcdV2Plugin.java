package io.matriarch.adapters.etcd;

import com.google.inject.Module;
import io.matriarch.ports.dcs.Dcs;
import io.matriarch.ports.plugin.AdapterPlugin;
import io.matriarch.ports.plugin.ConfigSection;
import java.util.Set;

/** Stands for the section of etcd v2, which is not served. */
public final class EtcdV2Plugin implements AdapterPlugin {

    @Override
    public Set<Class<?>> ports() {
        return Set.of(Dcs.class);
    }

    @Override
    public String section() {
        return "etcd";
    }

    @Override
    public Module module(ConfigSection section) {
        throw EtcdV2Provider.refusal();
    }
}

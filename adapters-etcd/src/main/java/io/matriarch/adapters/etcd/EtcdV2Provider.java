package io.matriarch.adapters.etcd;

import io.matriarch.ports.dcs.Dcs;
import io.matriarch.ports.plugin.ConfigProblem;
import io.matriarch.ports.plugin.ConfigProblems;
import io.matriarch.ports.plugin.ConfigSection;
import io.matriarch.ports.plugin.DcsContext;
import io.matriarch.ports.plugin.DcsProvider;
import java.util.List;

/** Says to who still has the section of etcd v2 what to write instead. */
public final class EtcdV2Provider implements DcsProvider {

    @Override
    public String section() {
        return "etcd";
    }

    @Override
    public Dcs client(ConfigSection section, DcsContext context) {
        throw refusal();
    }

    static ConfigProblems refusal() {
        return new ConfigProblems(List.of(new ConfigProblem(
                "etcd",
                "",
                "etcd v2 is gone since etcd 3.6 and not supported: name the section etcd3 to use etcd v3")));
    }
}

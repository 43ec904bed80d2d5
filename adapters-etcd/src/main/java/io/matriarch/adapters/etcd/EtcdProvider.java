package io.matriarch.adapters.etcd;

import io.matriarch.ports.dcs.Dcs;
import io.matriarch.ports.plugin.ConfigSection;
import io.matriarch.ports.plugin.DcsContext;
import io.matriarch.ports.plugin.DcsProvider;

/** Opens clients of etcd v3. */
public final class EtcdProvider implements DcsProvider {

    @Override
    public String section() {
        return "etcd3";
    }

    @Override
    public Dcs client(ConfigSection section, DcsContext context) {
        var settings = EtcdSettings.from(section);
        var tls = EtcdTls.context(section, settings);
        var connection = new EtcdConnection(new EtcdEndpoints(settings), tls, new EtcdToken(settings.credentials()));
        return new EtcdDcs(context.scope(), connection, context.timing(), context.clock());
    }
}

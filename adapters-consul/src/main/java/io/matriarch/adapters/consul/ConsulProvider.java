package io.matriarch.adapters.consul;

import io.matriarch.domain.cluster.MemberName;
import io.matriarch.ports.dcs.Dcs;
import io.matriarch.ports.plugin.ConfigSection;
import io.matriarch.ports.plugin.DcsContext;
import io.matriarch.ports.plugin.DcsProvider;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Opens clients of Consul. */
public final class ConsulProvider implements DcsProvider {

    private static final Logger log = LoggerFactory.getLogger(ConsulProvider.class);

    @Override
    public String section() {
        return "consul";
    }

    @Override
    public Dcs client(ConfigSection section, DcsContext context) {
        var settings = ConsulSettings.from(section);
        var tls = ConsulTls.context(section, settings);
        if (settings.registerService() && context.member().isPresent()) {
            log.warn("consul.register_service has no effect: no service is registered in Consul");
        }
        var connection = new ConsulConnection(settings, tls);
        // A command line has no name; its sessions, which it makes for an offer only, are the cluster's.
        var name = context.scope().name()
                + context.member()
                        .map(MemberName::value)
                        .map(member -> "-" + member)
                        .orElse("");
        var sessions = new ConsulSessions(connection, name, settings.checks());
        return new ConsulDcs(context.scope(), connection, sessions, context.timing(), context.clock());
    }
}

package io.matriarch.adapters.consul;

import io.matriarch.domain.cluster.MemberName;
import io.matriarch.ports.dcs.Dcs;
import io.matriarch.ports.plugin.ConfigSection;
import io.matriarch.ports.plugin.DcsContext;
import io.matriarch.ports.plugin.DcsProvider;
import java.util.function.Supplier;

/** Opens clients of Consul. */
public final class ConsulProvider implements DcsProvider {

    @Override
    public String section() {
        return "consul";
    }

    @Override
    public Dcs client(ConfigSection section, DcsContext context) {
        var settings = ConsulSettings.from(section);
        var tls = ConsulTls.context(section, settings);
        var connection = new ConsulConnection(settings, tls);
        // A command line has no name; its sessions, which it makes for an offer only, are the cluster's.
        var name = context.scope().name()
                + context.member()
                        .map(MemberName::value)
                        .map(member -> "-" + member)
                        .orElse("");
        var sessions = new ConsulSessions(connection, name, settings.checks());
        var scope = context.scope();
        // A command line publishes no member and so has no service.
        var service = new ConsulService(
                connection,
                scope.name(),
                () -> ConsulServiceOptions.from(
                        context.section().map(Supplier::get).orElse(section)));
        return new ConsulDcs(scope, connection, sessions, service, context.timing(), context.clock());
    }
}

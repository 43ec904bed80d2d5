package io.matriarch.adapters.etcd;

import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.cluster.Scope;
import io.matriarch.ports.dcs.Dcs;
import io.matriarch.ports.dcs.DcsTiming;
import io.matriarch.ports.testing.DcsContract;
import io.matriarch.ports.testing.NanoClock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;

/** The contract on one real etcd. */
abstract class EtcdContract extends DcsContract {

    private static Optional<EtcdCluster> running = Optional.empty();

    abstract EtcdCluster.Version version();

    @AfterAll
    static void stop() {
        running.ifPresent(EtcdCluster::close);
        running = Optional.empty();
    }

    EtcdCluster etcd() {
        if (running.isEmpty()) {
            running = Optional.of(EtcdCluster.start(version(), 1));
        }
        return running.get();
    }

    @Override
    protected Dcs open(MemberName member, String scope) {
        return client(etcd().hosts(), scope, new DcsTiming(ttl(), Duration.ofSeconds(1), Duration.ofSeconds(5)));
    }

    /** etcd keeps a lease for at least one and a half of its election timeouts, and 3 s leave a renewal one second. */
    @Override
    protected Duration ttl() {
        return Duration.ofSeconds(3);
    }

    static EtcdDcs client(List<String> hosts, String scope, DcsTiming timing) {
        return client(hosts, scope, timing, false);
    }

    static EtcdDcs client(List<String> hosts, String scope, DcsTiming timing, boolean discover) {
        var endpoints = hosts.stream().map(host -> Endpoint.parse(host, 2379)).toList();
        var settings = new EtcdSettings(
                endpoints, Optional.empty(), Optional.empty(), discover, Optional.empty(), Optional.empty());
        var connection =
                new EtcdConnection(new EtcdEndpoints(settings), Optional.empty(), new EtcdToken(Optional.empty()));
        return new EtcdDcs(new Scope("service", scope), connection, timing, new NanoClock());
    }
}

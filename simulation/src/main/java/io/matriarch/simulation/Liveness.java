package io.matriarch.simulation;

import io.matriarch.domain.cluster.FailsafeMap;
import io.matriarch.domain.cluster.MemberName;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** What has to come about by itself once nothing goes wrong any more, and within how long. */
final class Liveness {

    private final Simulation simulation;
    private final World world;

    Liveness(Simulation simulation) {
        this.simulation = simulation;
        this.world = simulation.world();
    }

    /**
     * L-1, L-2, L-7: a lease to end, a turn, a call that does not come back, the race; and a server that has to recover
     * before it can serve.
     */
    Duration untilPrimary(Plan plan) {
        return plan.ttl().plus(plan.loopWait()).plus(plan.retryTimeout()).plus(Duration.ofSeconds(150));
    }

    /** L-4, L-5, L-6, L-11: everybody follows again; copies, rewinds and their second tries take their time. */
    Duration untilWhole(Plan plan) {
        return untilPrimary(plan).plus(plan.ttl().multipliedBy(2)).plus(Duration.ofSeconds(240));
    }

    /** Empty if there is a primary. */
    Optional<String> withoutPrimary() {
        List<SimServer> writable = writable();
        if (world.remote.filter(RemoteCluster::isFollowed).isPresent()) {
            return withoutStandbyLeader(writable);
        }
        if (writable.size() != 1) {
            return Optional.of("the primaries are "
                    + writable.stream().map(SimServer::name).toList());
        }
        SimHost host = simulation.host(writable.getFirst().name());
        return host.agent().filter(SimAgent::saysLeader).isPresent()
                ? Optional.empty()
                : Optional.of(host.name + " is the primary and does not say so");
    }

    /**
     * Who may lead in failsafe mode, while a member that may not has more WAL: whether that may be lost is a person's
     * decision.
     */
    Optional<MemberName> waitsForAPerson() {
        FailsafeMap map = simulation.invariants().cluster().failsafe();
        List<SimServer> up =
                world.servers.values().stream().filter(SimServer::isUp).toList();
        Optional<SimServer> listed =
                up.stream().filter(server -> map.lists(server.name())).max(Comparator.comparing(SimServer::end));
        return listed.filter(one -> map.binds()
                        && up.stream()
                                .anyMatch(other ->
                                        !map.lists(other.name()) && other.end().isAfter(one.end())))
                .map(SimServer::name);
    }

    /** L-16: somebody has the lock and follows the other cluster, and nobody writes. */
    private Optional<String> withoutStandbyLeader(List<SimServer> writable) {
        Optional<SimHost> leader = simulation.invariants().holder().map(simulation::host);
        boolean leads = writable.isEmpty()
                && leader.filter(host -> host.server.receiver().connectedTo().equals(Optional.of(RemoteCluster.NAME))
                                && host.agent().filter(SimAgent::saysLeader).isPresent())
                        .isPresent();
        return leads
                ? Optional.empty()
                : Optional.of("L-16: there is no standby leader: " + leader.map(host -> host.name) + ", writable "
                        + writable.stream().map(SimServer::name).toList()
                        + leader.map(host -> ", "
                                        + host.server.describe(
                                                world.remote.get().server()))
                                .orElse(""));
    }

    private List<SimServer> writable() {
        List<SimServer> writable = new ArrayList<>();
        for (SimServer server : world.servers.values()) {
            if (server.isWritable()) {
                writable.add(server);
            }
        }
        return writable;
    }

    /** Empty if all is well. */
    Optional<String> unwell() {
        Optional<String> without = withoutPrimary();
        if (without.isPresent()) {
            return without;
        }
        List<SimServer> writable = writable();
        SimServer primary = writable.isEmpty() ? world.remote.orElseThrow().server() : writable.getFirst();
        for (SimServer server : world.servers.values()) {
            if (server != primary && !follows(server, primary)) {
                return Optional.of(server.name() + " does not follow: " + server.describe(primary) + " ("
                        + simulation
                                .host(server.name())
                                .agent()
                                .flatMap(SimAgent::view)
                                .map(view -> view.sentence())
                        + ")");
            }
        }
        if (simulation.invariants().cluster().request().isPresent()) {
            return Optional.of("L-6: a request stays: "
                    + simulation.invariants().cluster().request().get());
        }
        return Optional.empty();
    }

    private boolean follows(SimServer server, SimServer primary) {
        SimServer at = server;
        for (int hops = 0; hops <= world.servers.size(); hops++) {
            var source = at.receiver().connectedTo();
            if (!at.isUp() || at.isPrimary() || source.isEmpty()) {
                return false;
            }
            at = world.server(source.get()).orElseThrow();
            if (at == primary) {
                return primary.tip().contains(server.tip());
            }
        }
        return false;
    }
}

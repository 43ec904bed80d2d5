package io.matriarch.app.loop;

import io.matriarch.domain.cluster.ClusterView;
import io.matriarch.domain.ha.DcsView;
import io.matriarch.domain.ha.Decision;
import io.matriarch.domain.ha.Observation;
import java.util.OptionalInt;

/** Carries decisions out. It has no opinions. */
final class DecisionInterpreter {

    private final LockActions locks;
    private final PostgresActions postgres;
    private final GuardActions guards;
    private final DcsActions dcs;
    private final PeerActions peers;
    private final AgentActions agent;

    DecisionInterpreter(
            LockActions locks,
            PostgresActions postgres,
            GuardActions guards,
            DcsActions dcs,
            PeerActions peers,
            AgentActions agent) {
        this.locks = locks;
        this.postgres = postgres;
        this.guards = guards;
        this.dcs = dcs;
        this.peers = peers;
        this.agent = agent;
    }

    /** No default: a new kind of decision must not compile until someone carries it out. */
    Outcome carryOut(Decision decision, Observation seen) {
        ClusterView cluster = seen.dcs() instanceof DcsView.Read(ClusterView read) ? read : ClusterView.EMPTY;
        return switch (decision) {
            case Decision.OnLock lock -> locks.carryOut(lock, cluster);
            case Decision.OnPostgres server -> postgres.carryOut(server, seen.postgres());
            case Decision.OnWatchdog dog -> guards.carryOut(dog);
            case Decision.OnDcs keys -> dcs.carryOut(keys, cluster);
            case Decision.OnPeers others -> peers.carryOut(others);
            case Decision.OnAgent self -> agent.carryOut(self);
        };
    }

    OptionalInt exit() {
        return agent.exit();
    }
}

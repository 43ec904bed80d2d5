package io.matriarch.app.wiring;

import io.matriarch.app.loop.AgentView;
import io.matriarch.app.loop.FailsafePromises;
import io.matriarch.app.loop.RequestBox;
import io.matriarch.app.peer.ProcessMark;
import io.matriarch.app.rest.RestAgent;
import io.matriarch.domain.cluster.Lease;
import io.matriarch.domain.cluster.LeaseId;
import io.matriarch.domain.cluster.ScheduledRestart;
import io.matriarch.domain.postgres.PostgresView;
import io.matriarch.ports.dcs.Dcs;
import io.matriarch.ports.member.PeerClient;
import io.matriarch.ports.postgres.ControlResult;
import io.matriarch.ports.postgres.PostgresControl;
import io.matriarch.ports.postgres.PostgresProbe;
import io.matriarch.ports.time.Clock;
import io.matriarch.ports.watchdog.Guard;
import java.time.Duration;
import java.util.Optional;

/** The agent as the REST server sees it. */
record AgentForRest(
        Agent agent,
        PeerClient peers,
        PostgresProbe probe,
        PostgresControl postgres,
        Guard guardPort,
        Clock clock,
        ProcessMark mark)
        implements RestAgent {

    @Override
    public Optional<AgentView> view() {
        return agent.view();
    }

    @Override
    public boolean isLeader() {
        return agent.lease().isLeader();
    }

    @Override
    public Optional<Lease> lease() {
        return agent.lease().lease();
    }

    @Override
    public boolean isHeldByConsent() {
        return agent.lease().isHeldByConsent();
    }

    @Override
    public FailsafePromises promises() {
        return agent.promises();
    }

    @Override
    public Optional<LeaseId> offerLease() {
        return agent.lease().offer();
    }

    @Override
    public Dcs dcs() {
        return agent.dcs();
    }

    @Override
    public RequestBox requests() {
        return agent.requests();
    }

    @Override
    public Guard.Report guard() {
        return guardPort.report();
    }

    @Override
    public PostgresView observe(Duration patience) {
        return probe.observe(patience);
    }

    @Override
    public ControlResult checkpoint() {
        return postgres.checkpoint();
    }

    @Override
    public Optional<ScheduledRestart> scheduledRestart() {
        return agent.schedule().current();
    }

    @Override
    public boolean schedule(ScheduledRestart restart) {
        return agent.schedule().schedule(restart);
    }

    @Override
    public boolean cancelSchedule() {
        return agent.schedule().cancel();
    }

    @Override
    public void wake() {
        agent.wake();
    }

    @Override
    public void reload() {
        agent.reload();
    }
}

package io.matriarch.app.rest;

import io.matriarch.app.loop.AgentView;
import io.matriarch.app.loop.FailsafePromises;
import io.matriarch.app.loop.RequestBox;
import io.matriarch.app.peer.ProcessMark;
import io.matriarch.domain.cluster.Lease;
import io.matriarch.domain.cluster.LeaseId;
import io.matriarch.domain.cluster.ScheduledRestart;
import io.matriarch.domain.postgres.PostgresView;
import io.matriarch.ports.dcs.Dcs;
import io.matriarch.ports.member.PeerClient;
import io.matriarch.ports.postgres.ControlResult;
import io.matriarch.ports.time.Clock;
import io.matriarch.ports.watchdog.Guard;
import java.time.Duration;
import java.util.Optional;

/** The agent as requests see it. Everything may be called from any thread. */
public interface RestAgent {

    /** What the last turn saw; empty before the first one has ended. */
    Optional<AgentView> view();

    /** Whether clients may be told at this very moment that this is the primary (SAF-062). Never blocks. */
    boolean isLeader();

    /** Our hold on the leader lock, for the status document. */
    Optional<Lease> lease();

    /** Whether the other members keep our hold alive while the store is away. Never blocks. */
    boolean isHeldByConsent();

    /** What this member has promised to other leaders. */
    FailsafePromises promises();

    /** The lease to hold the lock with if somebody hands it over. */
    Optional<LeaseId> offerLease();

    Dcs dcs();

    PeerClient peers();

    /** What tells this process from others. */
    ProcessMark mark();

    RequestBox requests();

    Clock clock();

    /** What guards the server. */
    Guard.Report guard();

    /** Looks at the server now, beside the loop. */
    PostgresView observe(Duration patience);

    /** A checkpoint of a primary, a restart point of a standby; blocks until it is done. */
    ControlResult checkpoint();

    /** The restart that is scheduled here. */
    Optional<ScheduledRestart> scheduledRestart();

    /** @return false if another one is scheduled already */
    boolean schedule(ScheduledRestart restart);

    /** @return whether there was one */
    boolean cancelSchedule();

    /** A turn comes at once. */
    void wake();

    /** Reads the configuration files again, as SIGHUP does. */
    void reload();
}

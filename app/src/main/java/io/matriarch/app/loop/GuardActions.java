package io.matriarch.app.loop;

import io.matriarch.domain.cluster.Lease;
import io.matriarch.domain.ha.Decision;
import io.matriarch.domain.postgres.StopProof;
import io.matriarch.ports.watchdog.Guard;
import io.matriarch.ports.watchdog.Guard.GuardException;
import io.matriarch.ports.watchdog.Watchdog;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Carries out what is decided on the guard process, on the agent's own guard and on the watchdog. */
final class GuardActions {

    private static final Logger log = LoggerFactory.getLogger(GuardActions.class);

    private final Guard guard;
    private final LeaseGuard leaseGuard;
    private final Watchdog watchdog;
    private final LeaseKeeper keeper;

    GuardActions(Guard guard, LeaseGuard leaseGuard, Watchdog watchdog, LeaseKeeper keeper) {
        this.guard = guard;
        this.leaseGuard = leaseGuard;
        this.watchdog = watchdog;
        this.keeper = keeper;
        keeper.onRenewed(this::renewed);
        keeper.onEnded(guard::release);
    }

    Outcome carryOut(Decision.OnWatchdog decision) {
        return switch (decision) {
            case Decision.ArmGuard _ -> arm();
            case Decision.DisarmGuard(StopProof proof) -> {
                serverStopped(proof);
                yield new Outcome.Done();
            }
            case Decision.PauseGuard _ -> pause();
            case Decision.ArmWatchdog _ ->
                watchdog.arm() ? new Outcome.Done() : new Outcome.Failed("the watchdog could not be activated");
            case Decision.KeepWatchdogAlive _ -> {
                watchdog.keepalive();
                yield new Outcome.Done();
            }
            case Decision.DisarmWatchdog _ -> {
                watchdog.disarm();
                yield new Outcome.Done();
            }
        };
    }

    private synchronized Outcome pause() {
        leaseGuard.pause();
        guard.pause();
        return new Outcome.Done();
    }

    private synchronized Outcome arm() {
        Optional<Lease> lease = keeper.lease();
        if (lease.isEmpty()) {
            return new Outcome.Failed("there is no lease to guard");
        }
        leaseGuard.arm(lease.get());
        try {
            guard.arm(lease.get().id(), lease.get().deadline());
            return new Outcome.Done();
        } catch (GuardException e) {
            return new Outcome.Failed("the guard could not be armed: " + e.getMessage());
        }
    }

    /** The guards take the last word for the present one: nobody tells an older deadline after a newer one. */
    private synchronized void renewed(Lease lease) {
        if (leaseGuard.isArmed() && keeper.lease().filter(lease::equals).isPresent()) {
            if (arm() instanceof Outcome.Failed(String why)) {
                log.warn("the guard did not take the new deadline: {}", why);
            }
        }
    }

    /** A renewal that comes meanwhile must not arm the guard again: it would end the standby that is started next. */
    synchronized void serverStopped(StopProof proof) {
        leaseGuard.disarm(proof);
        guard.disarm(proof);
    }
}

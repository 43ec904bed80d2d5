package io.matriarch.simulation;

import io.matriarch.domain.cluster.MemberName;
import java.time.Duration;
import java.util.Optional;

/**
 * When things go wrong: in bursts, so that faults meet each other and the recoveries from each other, with quiet times
 * between in which everything has to get well.
 */
final class Chaos {

    private static final Duration LOOK = Duration.ofSeconds(1);
    private static final Duration SHORT = Duration.ofMinutes(2);

    private final World world;
    private final Plan plan;
    private final Clients clients;
    private final Liveness liveness;
    private final Faults faults;
    private long end;
    private int active;
    private long quietSince;
    private boolean watching;
    private boolean started;
    private boolean planned;
    private Optional<Fault> configured = Optional.empty();

    Chaos(Simulation simulation, Plan plan) {
        this.world = simulation.world();
        this.plan = plan;
        this.clients = simulation.clients();
        this.liveness = new Liveness(simulation);
        this.faults = new Faults(simulation, plan, this);
    }

    /** Something goes wrong from now on until {@link #ends}: nothing has to be well before that. */
    void begins() {
        active++;
        watching = false;
    }

    void ends() {
        active--;
        if (active == 0) {
            quiet();
        }
    }

    /** A change of the configuration is under way. */
    void configures(Fault fault) {
        configured = Optional.of(fault);
    }

    void adopted() {
        configured.ifPresent(Fault::hadEffect);
    }

    void begin(Duration length) {
        Duration most = plan.theme() == Theme.BOOTSTRAP ? SHORT : length;
        end = world.now() + (length.compareTo(most) < 0 ? length : most).toNanos();
        if (world.chance(plan.theme() == Theme.BOOTSTRAP ? 0.9 : 0.35)) {
            faults.duringBootstrap();
        }
        if (active == 0) {
            quiet();
        }
    }

    private void quiet() {
        quietSince = world.now();
        if (!watching) {
            watching = true;
            look();
        }
    }

    /** Is everything well yet? */
    private void look() {
        if (!watching) {
            return;
        }
        Duration quiet = Duration.ofNanos(world.now() - quietSince);
        Optional<String> without = liveness.withoutPrimary();
        if (without.isPresent() && quiet.compareTo(liveness.untilPrimary(plan)) > 0) {
            Optional<MemberName> listed = liveness.waitsForAPerson();
            if (listed.isPresent()) {
                faults.decides(listed.get());
                return;
            }
            throw new Simulation.Violation(world.now(), "L-1, L-7: quiet for " + quiet + ", and " + without.get());
        }
        Optional<String> unwell = liveness.unwell();
        if (unwell.isEmpty()) {
            watching = false;
            well();
            return;
        }
        if (quiet.compareTo(liveness.untilWhole(plan)) > 0) {
            throw new Simulation.Violation(world.now(), "L-4, L-5: quiet for " + quiet + ", and " + unwell.get());
        }
        world.scheduler.after(LOOK, () -> {
            if (watching) {
                look();
            }
        });
    }

    private void well() {
        world.say("world", "everything is well");
        world.scheduler.forgetEnded();
        if (world.now() >= end && started) {
            world.scheduler.stop();
            return;
        }
        started = true;
        if (planned) {
            return;
        }
        planned = true;
        world.scheduler.after(world.between(5_000, 3_600_000 / plan.rate()), this::burst);
    }

    private void burst() {
        planned = false;
        boolean alone = world.chance(plan.theme().alone());
        int count = alone ? 1 : 1 + world.random.nextInt(5);
        boolean automationPaused = !alone && world.chance(0.12);
        for (int i = 0; i < count; i++) {
            begins();
            world.scheduler.after(i == 0 ? Duration.ZERO : world.between(0, 60_000), () -> {
                clients.busy(Duration.ofSeconds(10));
                if (alone) {
                    faults.alone();
                } else if (automationPaused) {
                    faults.onePaused();
                } else {
                    faults.one();
                }
                ends();
            });
        }
    }
}

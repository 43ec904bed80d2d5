package io.matriarch.simulation;

import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.settings.SyncSettings;
import java.util.ArrayList;
import java.util.List;

/** What can go wrong, and what people can ask for: which of it, by chance. */
final class Faults {

    private final World world;
    private final NetworkFaults network;
    private final ServerFaults servers;
    private final AgentFaults agents;
    private final OperatorFaults people;
    private final CompoundFaults compound;
    private final StreamFaults streams;
    private final StepFaults steps;
    private final TwinFaults twins;
    private final DepartureFaults departures;
    private final boolean synchronous;
    private final boolean agentsFailAlone;
    private final boolean failsafeMode;
    private final boolean follows;
    private final List<Runnable> kinds = new ArrayList<>();

    Faults(Simulation simulation, Plan plan, Chaos chaos) {
        world = simulation.world();
        synchronous = simulation.scenario().sync() != SyncSettings.Mode.OFF;
        agentsFailAlone = simulation.scenario().agentsFailAlone();
        failsafeMode = Boolean.TRUE.equals(plan.config().get("failsafe_mode"));
        follows = plan.follows();
        var scene = new FaultScene(simulation, plan, chaos);
        network = new NetworkFaults(scene);
        servers = new ServerFaults(scene);
        agents = new AgentFaults(scene);
        people = new OperatorFaults(scene);
        compound = new CompoundFaults(scene);
        streams = new StreamFaults(scene);
        steps = new StepFaults(scene, network);
        twins = new TwinFaults(scene, agents);
        departures = new DepartureFaults(scene);
        switch (plan.theme()) {
            case ANY, BOOTSTRAP -> anything(simulation.scenario());
            case HAND_OVERS -> handOvers();
            case FAILSAFE -> failsafe();
            case STEPS -> steps();
            case LOSSES -> losses();
        }
    }

    private void handOvers() {
        often(6, streams::troubledSwitchover);
        often(3, people::switchover);
        often(2, streams::cutStream);
        often(1, servers::killServer);
        often(1, servers::slowStandby);
        often(1, network::slowLink);
        often(3, network::storeLoses);
    }

    private void failsafe() {
        often(2, network::storeAway);
        often(1, network::cutLink);
        often(1, network::slowLink);
        often(1, servers::killServer);
        often(1, agents::crashAgent);
        often(8, network::leaderWithoutStore);
        if (agentsFailAlone && failsafeMode) {
            often(2, steps::afterAsking);
        }
    }

    private void steps() {
        often(2, steps::loopHangs);
        often(2, people::switchover);
        often(1, servers::killServer);
        often(1, network::cutFromStore);
        if (agentsFailAlone) {
            often(6, steps::standStillAtStep);
            often(2, twins::twin);
            often(1, agents::standStill);
        }
    }

    private void losses() {
        often(3, servers::slowStandby);
        often(2, streams::cutStream);
        often(2, network::isolate);
        often(2, servers::killServer);
        often(2, agents::resetMachine);
        often(1, people::configure);
        often(1, people::switchover);
        if (agentsFailAlone) {
            often(6, agents::leaderStandsStill);
        }
    }

    private void anything(Scenario scenario) {
        often(3, servers::killServer);
        often(3, agents::crashAgent);
        often(2, agents::resetMachine);
        often(2, network::cutFromStore);
        often(2, network::cutLink);
        often(1, network::isolate);
        often(1, network::lossyLink);
        often(1, network::slowLink);
        often(2, network::storeAway);
        often(1, network::storeLoses);
        often(3, network::storeMisfortune);
        often(4, people::switchover);
        often(1, people::failover);
        often(1, people::restart);
        often(1, people::reinitialize);
        often(1, people::configure);
        often(1, people::tag);
        often(1, servers::diskFull);
        often(1, servers::slowStandby);
        often(1, servers::hang);
        often(1, servers::stopReplay);
        often(1, servers::loseDirectory);
        often(1, agents::stepWallClock);
        often(1, agents::slewClock);
        often(1, people::deleteKey);
        often(1, agents::upgrade);
        often(2, compound::muchToReplay);
        often(1, compound::candidateDies);
        often(1, () -> {
            people.tag();
            agents.resetMachine();
        });
        often(1, compound::rewindFails);
        often(1, compound::primaryHangs);
        often(1, compound::abandoned);
        often(1, compound::replicateFrom);
        often(1, streams::cutStream);
        often(2, streams::troubledSwitchover);
        often(1, steps::loopHangs);
        often(2, network::leaderWithoutStore);
        if (follows) {
            often(4, compound::standbyCluster);
        }
        if (agentsFailAlone) {
            often(3, agents::standStill);
            often(3, steps::standStillAtStep);
            often(1, twins::twin);
        }
        if (scenario.guardProcess()) {
            often(1, agents::suspend);
            often(1, agents::breakWatchdog);
        }
    }

    private void often(int times, Runnable kind) {
        for (int i = 0; i < times; i++) {
            kinds.add(kind);
        }
    }

    /** Nobody can lead without losing something. */
    void decides(MemberName candidate) {
        people.decides(candidate);
    }

    void one() {
        kinds.get(world.random.nextInt(kinds.size())).run();
    }

    /** What happens only to a cluster that is well. */
    void alone() {
        if (synchronous && world.chance(0.6)) {
            departures.standbyLeaves();
        } else {
            compound.deleteLeaderKey();
        }
    }

    /** Somebody fails before there is a cluster. */
    void duringBootstrap() {
        if (agentsFailAlone && world.chance(0.5)) {
            steps.duringBootstrap();
        } else {
            agents.duringBootstrap();
        }
    }

    /**
     * While automation is paused nothing fences a primary: an agent that is away when it is resumed, or cannot hear of
     * it, goes on beside the next one. So only what leaves the agents at work goes wrong then.
     */
    void onePaused() {
        if (!people.isPaused()) {
            people.pauseAutomation();
            return;
        }
        List<Runnable> harmless = List.of(
                servers::killServer,
                network::cutLinkBesideStore,
                people::switchover,
                people::switchover,
                people::failover,
                people::restart,
                people::reinitialize,
                people::configure,
                people::tag,
                servers::diskFull,
                servers::slowStandby,
                servers::stopReplay,
                servers::loseDirectory,
                agents::stepWallClock);
        harmless.get(world.random.nextInt(harmless.size())).run();
    }
}

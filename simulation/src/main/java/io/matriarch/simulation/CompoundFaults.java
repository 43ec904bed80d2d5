package io.matriarch.simulation;

import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.cluster.Tags;
import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** What takes two things at once, or a cluster in which nothing else goes wrong: chance alone would rarely have it. */
final class CompoundFaults {

    private static final Duration AGAIN = Duration.ofSeconds(10);

    private final FaultScene scene;
    private final Simulation simulation;
    private final World world;
    private final Operators operators;

    CompoundFaults(FaultScene scene) {
        this.scene = scene;
        this.simulation = scene.simulation();
        this.world = simulation.world();
        this.operators = new Operators(simulation);
    }

    /** A server is killed that has much to replay when it comes up again; its agent may not live to see that. */
    void muchToReplay() {
        SimHost host = primary().orElseGet(scene::any);
        Duration more = world.between(30_000, 140_000);
        world.say("world", host.name + "'s server is killed with " + more + " to replay");
        host.server.hasToReplay(Optional.of(world.fault("much to replay")), more);
        host.server.crash("killed");
        scene.lasts(more);
        if (simulation.scenario().agentsFailAlone() && world.chance(0.4)) {
            world.scheduler.after(
                    world.between(1_000, 15_000),
                    () -> host.agent().ifPresent(agent -> {
                        world.say("world", host.name + "'s agent crashes");
                        agent.kill();
                        simulation.startLater(host, world.between(100, 3_000));
                    }));
        }
    }

    /** the candidate of a switchover dies right after the request. */
    void candidateDies() {
        primary().ifPresent(host -> {
            SimHost candidate = scene.otherThan(host);
            Fault fault = world.fault("switchover to a candidate that dies");
            operators.request(fault, Optional.of(host.name), Optional.of(candidate.name), Optional.empty());
            scene.lasts(Duration.ofSeconds(30));
            world.scheduler.after(
                    world.between(100, 4_000), () -> candidate.server.crash("killed in a switchover to it"));
        });
    }

    /** The primary hangs for so long that something has to be done about it. */
    void primaryHangs() {
        primary().filter(host -> !host.server.isHung()).ifPresent(host -> {
            world.say("world", host.name + "'s server hangs for long");
            host.server.hang(Optional.of(world.fault("server hangs")));
            scene.lasts(world.between(40_000, 120_000), () -> host.server.hang(Optional.empty()));
        });
    }

    private Optional<SimHost> primary() {
        return simulation.hosts().values().stream()
                .filter(host -> host.server.isWritable())
                .findFirst();
    }

    /** The primary goes on writing for a while that nobody hears of, and pg_rewind fails for it afterwards. */
    void rewindFails() {
        primary().ifPresent(host -> {
            Duration alone = scene.plan().ttl().plus(world.between(5_000, 30_000));
            world.say("world", host.name + " is cut from everybody for " + alone + " and cannot be rewound then");
            Fault cut = world.fault("isolated");
            for (MemberName other : world.network.nodes()) {
                if (!other.equals(host.name)) {
                    world.network.cut(cut, host.name, other, alone);
                }
            }
            host.server.failRewinds(Optional.of(world.fault("rewind fails")));
            scene.lasts(alone);
            world.scheduler.after(
                    alone.plus(world.between(60_000, 200_000)), () -> host.server.failRewinds(Optional.empty()));
        });
    }

    /** the leader loses the store and goes on by consent; then it loses those who have consented. */
    void abandoned() {
        primary().ifPresent(host -> {
            Duration length = scene.plan().ttl().multipliedBy(2).plus(world.between(0, 40_000));
            Duration before =
                    world.between(500, (int) scene.plan().ttl().multipliedBy(2).toMillis());
            world.say(
                    "world",
                    host.name + " is cut from the store for " + length + ", after " + before + " from everybody");
            Fault fault = world.fault("cut from the store, then from the members");
            world.network.cut(fault, host.name, Network.STORE, length);
            scene.lasts(before, () -> {
                Duration rest = length.minus(before).plusMillis(1);
                for (MemberName other : simulation.hosts().keySet()) {
                    if (!other.equals(host.name) && rest.isPositive()) {
                        world.network.cut(fault, host.name, other, rest);
                    }
                }
            });
            scene.lasts(length);
        });
    }

    /** A member streams from another one than the leader, as long as it is tagged so. */
    void replicateFrom() {
        SimHost host = scene.any();
        SimHost upstream = scene.otherThan(host);
        if (host.tags.nofailover()
                || host.tags.replicatefrom().isPresent()
                || upstream.tags.replicatefrom().isPresent()) {
            return;
        }
        Fault fault = world.fault("tagged replicatefrom");
        world.say("world", host.name + " is to replicate from " + upstream.name);
        Tags before = host.tags;
        Tags now = cascade(before, upstream.name);
        host.tags = now;
        host.agent().ifPresent(SimAgent::ring);
        if (!host.server.isPrimary()) {
            fault.hadEffect();
        }
        Duration length = world.between(30_000, 300_000);
        scene.lasts(Duration.ofSeconds(5));
        world.scheduler.after(length, () -> untag(host, now, before));
    }

    private static Tags cascade(Tags before, MemberName upstream) {
        Map<String, Object> published = new LinkedHashMap<>(before.published());
        published.put("replicatefrom", upstream.value());
        return new Tags(
                before.nofailover(),
                before.failoverPriority(),
                before.noloadbalance(),
                before.clonefrom(),
                before.nosync(),
                before.syncPriority(),
                Optional.of(upstream),
                before.nostream(),
                Collections.unmodifiableMap(published));
    }

    /** Somebody may have given it other tags meanwhile: those go first. */
    private void untag(SimHost host, Tags given, Tags before) {
        if (host.tags == given) {
            host.tags = before;
            host.agent().ifPresent(SimAgent::ring);
        } else {
            world.scheduler.after(AGAIN, () -> untag(host, given, before));
        }
    }

    /** The other cluster fails over, or this one is promoted ({@code promote-cluster}). */
    void standbyCluster() {
        Optional<RemoteCluster> followed = world.remote.filter(RemoteCluster::isFollowed);
        if (followed.isEmpty()) {
            return;
        }
        if (world.chance(0.7)) {
            world.fault("the followed cluster fails over").hadEffect();
            followed.get().failsOver();
            return;
        }
        Fault fault = world.fault("cluster promoted");
        scene.chaos().configures(fault);
        scene.chaos().begins();
        operators.configure(fault, fields -> fields.remove("standby_cluster"), () -> {
            followed.get().left();
            scene.chaos().ends();
        });
    }

    /**
     * somebody deletes the leader key with the store's own tools, while all agents are at work: the primary keeps the
     * others from taking it. With its agent away a second primary is what that person has asked for, and a standby leader
     * keeps nobody from it.
     */
    void deleteLeaderKey() {
        boolean follows = world.remote.filter(RemoteCluster::isFollowed).isPresent();
        if (!follows && simulation.store().deleteLeaderKey()) {
            world.say("world", "somebody deletes the leader key");
            world.fault("leader key deleted").hadEffect();
        }
    }
}

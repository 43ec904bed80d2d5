package io.matriarch.simulation;

import io.matriarch.domain.cluster.MemberName;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * What lies between the machines. A link has two directions that fail each for itself; a message is lost or late by the
 * faults that are active when it is sent, and each fault knows whether it has done anything to anybody.
 */
public final class Network {

    /** Where a store is that lives on no member. */
    public static final MemberName STORE = new MemberName("store");

    /** A fault of some links for some time. */
    private record Trouble(Fault fault, MemberName from, MemberName to, double loss, Duration delay) {

        boolean concerns(MemberName sender, MemberName receiver) {
            return sender.equals(from) && receiver.equals(to);
        }
    }

    private final World world;
    private final SortedSet<MemberName> nodes = new TreeSet<>();
    private final List<Trouble> troubles = new ArrayList<>();
    private final List<Trouble> streams = new ArrayList<>();
    private final List<Runnable> onHealed = new ArrayList<>();

    private Fault storeTrouble = new Fault("none");
    private double storeLoss;

    Network(World world) {
        this.world = world;
    }

    /** A machine, or a store that is none of them. */
    public void add(MemberName node) {
        nodes.add(node);
    }

    /** All machines, in order. */
    public List<MemberName> nodes() {
        return List.copyOf(nodes);
    }

    /** Is told whenever a trouble ends. */
    public void onHealed(Runnable listener) {
        onHealed.add(listener);
    }

    /** Messages in this direction are lost with a probability, and those that are not are late by up to a delay. */
    public void trouble(Fault fault, MemberName from, MemberName to, double loss, Duration delay, Duration length) {
        var trouble = new Trouble(fault, from, to, loss, delay);
        troubles.add(trouble);
        world.scheduler.after(length, () -> {
            if (troubles.remove(trouble)) {
                onHealed.forEach(Runnable::run);
            }
        });
    }

    /** Nothing gets through in either direction. */
    public void cut(Fault fault, MemberName one, MemberName other, Duration length) {
        trouble(fault, one, other, 1, Duration.ZERO, length);
        trouble(fault, other, one, 1, Duration.ZERO, length);
    }

    /** Whether a message that is sent at this moment arrives. */
    public boolean delivers(MemberName from, MemberName to) {
        if (troubles.isEmpty() || from.equals(to)) {
            return true;
        }
        for (Trouble trouble : troubles) {
            if (trouble.loss() > 0
                    && trouble.concerns(from, to)
                    && (trouble.loss() >= 1 || world.chance(trouble.loss()))) {
                trouble.fault().hadEffect();
                return false;
            }
        }
        return true;
    }

    /** How long a message that is sent at this moment is under way. */
    public Duration travel(MemberName from, MemberName to) {
        long nanos = 200_000 + world.random.nextInt(2_000_000);
        if (!troubles.isEmpty() && !from.equals(to)) {
            for (Trouble trouble : troubles) {
                if (trouble.delay().isPositive() && trouble.concerns(from, to)) {
                    trouble.fault().hadEffect();
                    nanos += (long) (world.random.nextDouble() * trouble.delay().toNanos());
                }
            }
        }
        return Duration.ofNanos(nanos);
    }

    /** Nothing gets through between two servers; whatever else is on their machines hears each other. */
    void cutStreams(Fault fault, MemberName one, MemberName other, Duration length) {
        var trouble = new Trouble(fault, one, other, 1, Duration.ZERO);
        streams.add(trouble);
        world.scheduler.after(length, () -> {
            if (streams.remove(trouble)) {
                onHealed.forEach(Runnable::run);
            }
        });
    }

    /** Whether a connection in both directions stands: what a stream over TCP needs. */
    public boolean linked(MemberName one, MemberName other) {
        return !isCut(troubles, one, other) && !isCut(troubles, other, one);
    }

    /** The same between two servers. */
    boolean streams(MemberName one, MemberName other) {
        return linked(one, other) && !isCut(streams, one, other) && !isCut(streams, other, one);
    }

    private static boolean isCut(List<Trouble> troubles, MemberName from, MemberName to) {
        for (Trouble trouble : troubles) {
            if (trouble.loss() >= 1 && trouble.concerns(from, to)) {
                trouble.fault().hadEffect();
                return true;
            }
        }
        return false;
    }

    /** Requests to the store are lost with a probability though every link is fine: it elects, it is busy. */
    void storeLoses(Fault fault, double probability) {
        storeTrouble = fault;
        storeLoss = probability;
    }

    boolean losesAtStore() {
        if (storeLoss > 0 && world.chance(storeLoss)) {
            storeTrouble.hadEffect();
            return true;
        }
        return false;
    }

    /** Everything gets through again. */
    public void heal() {
        troubles.clear();
        streams.clear();
        storeLoss = 0;
        onHealed.forEach(Runnable::run);
    }
}

package io.matriarch.simulation;

import io.matriarch.domain.postgres.WalSender;
import java.time.Duration;
import java.util.Optional;

/** A WAL sender and the connection it has to one standby's WAL receiver. */
final class SimSender {

    private static final Duration RETRANSMISSION = Duration.ofMillis(700);

    private final World world;
    private final SimServer source;
    private final SimServer standby;
    private final Duration timeout;
    private SyncNames loaded;
    private int priority;
    private WalNode flushed;
    private boolean streaming;
    private boolean pending;
    private boolean broken;
    private long lastHeard;

    SimSender(World world, SimServer source, SimServer standby, Duration timeout) {
        this.world = world;
        this.source = source;
        this.standby = standby;
        this.timeout = timeout;
        this.lastHeard = world.now();
        this.flushed = standby.tip();
        load(source.commits().forNewSender());
    }

    SimServer standby() {
        return standby;
    }

    SimServer source() {
        return source;
    }

    SyncNames loaded() {
        return loaded;
    }

    void load(SyncNames names) {
        loaded = names;
        priority = names.priority(standby.name().value());
    }

    int priority() {
        return priority;
    }

    boolean isStreaming() {
        return streaming;
    }

    /** What the standby has said it has flushed. */
    WalNode flushed() {
        return flushed;
    }

    boolean isBroken() {
        return broken;
    }

    /** Something is new at the source. */
    void poke() {
        if (!pending && !broken) {
            pending = true;
            world.scheduler.after(
                    world.network.travel(source.name(), standby.name()).plus(standby.slowness()), this::deliver);
        }
    }

    private void deliver() {
        pending = false;
        if (broken) {
            return;
        }
        if (standby.isFrozen() || source.isFrozen() || !world.network.streams(source.name(), standby.name())) {
            if (world.now() - lastHeard > timeout.toNanos()) {
                disconnect();
            } else {
                pending = true;
                world.scheduler.after(RETRANSMISSION, this::deliver);
            }
            return;
        }
        lastHeard = world.now();
        WalNode until = source.tip();
        if (world.chance(0.05) && until.depth > standby.tip().depth + 1) {
            until = until.at(standby.tip().depth + 1);
        }
        standby.receive(until);
        if (broken) {
            return;
        }
        confirm(until);
        if (standby.tip() != source.tip()) {
            poke();
        }
    }

    /** The standby has flushed it and says so. Without commits that wait the exact moment is of no interest. */
    private void confirm(WalNode until) {
        if (!source.commits().isInUse() && !source.isStopping()) {
            confirmed(until);
            return;
        }
        Duration flush = world.chance(0.03) ? world.between(20, 400) : world.between(0, 4);
        world.scheduler.after(flush.plus(world.network.travel(standby.name(), source.name())), () -> {
            if (!broken && world.network.streams(source.name(), standby.name())) {
                confirmed(until);
            } else {
                poke();
            }
        });
    }

    private void confirmed(WalNode until) {
        if (until.depth > flushed.depth) {
            flushed = until;
        }
        streaming |= flushed.end >= source.tip().end;
        source.commits().release(this);
        source.sent();
    }

    /** The connection ends on both sides. */
    void disconnect() {
        if (!broken) {
            broken = true;
            source.removed(this);
            standby.receiver().lost(this);
        }
    }

    WalSender view() {
        var position = Optional.of(flushed.endLsn());
        return new WalSender(
                standby.name().value(),
                streaming ? "streaming" : "catchup",
                source.commits().state(this),
                position,
                position,
                position);
    }
}

package io.matriarch.simulation;

import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.postgres.Upstream;
import io.matriarch.domain.postgres.WalReceiver;
import java.time.Duration;
import java.util.Optional;

/** A standby's side of streaming: it connects to whatever the configuration names, again and again. */
final class SimReceiver {

    /** {@code wal_retrieve_retry_interval}. */
    private static final Duration RETRY = Duration.ofSeconds(5);

    private final World world;
    private final SimServer server;
    private final Duration timeout;
    private Upstream upstream = new Upstream.Nobody();
    private Optional<SimSender> connection = Optional.empty();
    private boolean connecting;
    private boolean told;
    private long attempt;

    SimReceiver(World world, SimServer server, Duration timeout) {
        this.world = world;
        this.server = server;
        this.timeout = timeout;
    }

    WalReceiver view() {
        if (connection.isPresent()) {
            return WalReceiver.STREAMING;
        }
        return connecting ? WalReceiver.NOT_STREAMING : WalReceiver.NONE;
    }

    Optional<MemberName> connectedTo() {
        return connection.map(sender -> sender.source().name());
    }

    /** The server comes up as a standby with what its configuration says. */
    void start(Upstream configured) {
        upstream = configured;
        again(Duration.ofMillis(1));
    }

    /** The configuration has changed and been loaded: a receiver of another upstream ends first. */
    void load(Upstream configured) {
        upstream = configured;
        stop();
        again(Duration.ofMillis(1));
    }

    /** Ends it without another attempt. */
    void stop() {
        attempt++;
        connecting = false;
        connection.ifPresent(SimSender::disconnect);
        connection = Optional.empty();
    }

    /** The other side is gone. */
    void lost(SimSender sender) {
        if (connection.filter(sender::equals).isPresent()) {
            connection = Optional.empty();
            again(world.between(5, 5000));
        }
    }

    private void again(Duration delay) {
        long mine = ++attempt;
        world.scheduler.after(delay, () -> {
            if (mine == attempt) {
                connect(mine);
            }
        });
    }

    private void connect(long mine) {
        if (!server.isUp() || !server.isStandby() || upstream instanceof Upstream.Nobody) {
            connecting = false;
            return;
        }
        SimServer source = world.source(upstream).orElse(null);
        if (source == null
                || !source.serves()
                || !world.network.streams(server.name(), source.name())
                || server.isFrozen()) {
            connecting = false;
            again(RETRY);
            return;
        }
        if (!connecting) {
            connecting = true;
            world.scheduler.after(world.between(1, 15), () -> {
                if (mine == attempt) {
                    connect(mine);
                }
            });
            return;
        }
        connecting = false;
        if (!source.tip().contains(server.tip())) {
            if (!told) {
                world.say(server.name().value(), "cannot stream: " + server.describe(source));
            }
            told = true;
            server.hasSeen(source.timeline());
            again(RETRY);
            return;
        }
        told = false;
        var sender = new SimSender(world, source, server, timeout);
        connection = Optional.of(sender);
        source.connected(sender);
        sender.poke();
    }
}

package io.matriarch.simulation;

import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.postgres.StandbyCluster;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The other cluster that a standby cluster follows: one address behind which there is a primary, with clients of its own.
 * Nobody here looks after it; what it does is in a script.
 */
final class RemoteCluster {

    static final MemberName NAME = new MemberName("remote");

    private final World world;
    private final SimServer server;
    private long transactions;

    /** Whether the cluster's configuration says that it follows this one. */
    private boolean followed = true;

    RemoteCluster(World world, Duration senderTimeout) {
        this.world = world;
        this.server = new SimServer(world, NAME, senderTimeout);
        new SimGuard(world, new SimClock(world), server, Duration.ofSeconds(30), false);
        world.network.add(NAME);
    }

    /** What the configuration says of it. */
    static Map<String, Object> section() {
        Map<String, Object> section = new LinkedHashMap<>();
        section.put("host", NAME.value());
        section.put("port", 5432);
        return section;
    }

    /** The section as the members read it. */
    static Optional<StandbyCluster> parse(Object section) {
        return Optional.ofNullable(section)
                .map(_ -> new StandbyCluster(
                        List.of(new StandbyCluster.Server(NAME.value(), 5432)),
                        Optional.empty(),
                        List.of(),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty()));
    }

    SimServer server() {
        return server;
    }

    boolean isFollowed() {
        return followed;
    }

    void begin() {
        server.initialize();
        server.begin(true, Duration.ofMillis(1));
        write();
    }

    private void write() {
        world.scheduler.after(world.between(500, 4000), () -> {
            server.write(++transactions, _ -> {});
            write();
        });
    }

    /** The section has been taken out of the configuration. */
    void left() {
        followed = false;
    }

    /** Another server of it is the primary from now on, and lacks the newest records now and then. */
    void failsOver() {
        WalNode tip = server.tip();
        int lost = Math.min(tip.depth - 1, world.random.nextInt(4));
        new ArrayList<>(server.senders()).forEach(SimSender::disconnect);
        server.disk().tip = tip.at(tip.depth - lost).then(80, tip.timeline.next(), 0);
        server.writeCheckpoint();
        world.say(NAME.value(), "fails over without " + lost + " records, " + server.tip());
    }
}

package io.matriarch.adapters.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.matriarch.domain.cluster.Role;
import io.matriarch.domain.postgres.Lsn;
import io.matriarch.domain.postgres.PostgresView;
import io.matriarch.domain.postgres.SqlView;
import io.matriarch.domain.postgres.StopMode;
import io.matriarch.domain.postgres.Timeline;
import io.matriarch.domain.postgres.Upstream;
import io.matriarch.domain.slot.SlotChange;
import io.matriarch.ports.postgres.ServerReport;
import io.matriarch.ports.postgres.StopOrder;
import java.nio.file.Path;
import java.sql.Connection;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an observation costs the server, and that nothing kept from one to the next is out of date. */
final class ObservationTest {

    private static final String CONNECTION =
            "SELECT pid FROM pg_stat_replication WHERE application_name = '" + ReplayedTimeline.NAME + "'";

    @TempDir
    Path folder;

    private Cluster cluster;
    private Instance a;
    private Instance b;

    @BeforeEach
    void start() throws Exception {
        cluster = new Cluster(folder);
        a = cluster.member("srv-1").ready();
        Instance.done(a.control.changeSlots(
                List.of(new SlotChange.CreatePhysical("srv_2"), new SlotChange.CreatePhysical("srv_3"))));
        b = cluster.member("srv-2").cloneOf(a);
        b.await("streaming", ObservationTest::streams);
    }

    @AfterEach
    void end() {
        cluster.close();
    }

    private static boolean streams(PostgresView view) {
        return view.sql() instanceof SqlView.Standby standby
                && standby.streaming()
                && standby.receivedTimeline().isPresent();
    }

    private static boolean isAlone(PostgresView view) {
        return view.sql() instanceof SqlView.Standby standby
                && !standby.streaming()
                && standby.receivedTimeline().isPresent();
    }

    /** Until no receiver runs any more, its last words are still to be seen. */
    private static PostgresView alone(Instance standby) {
        Instance.done(standby.control.follow(new Upstream.Nobody(), Role.REPLICA));
        return standby.await(
                "no receiver",
                view -> isAlone(view)
                        && standby.sql("SELECT count(*) FROM pg_stat_get_wal_receiver() WHERE pid IS NOT NULL")
                                .equals("0"));
    }

    private static void stop(Instance server) {
        server.control.stop(
                new StopOrder(StopMode.FAST, true, Optional.of(Duration.ofSeconds(30)), "the test stops it"));
    }

    @Test
    @DisplayName("PG-079 a standby without a receiver is asked for its timeline over one connection, not over many")
    void oneConnection() {
        b.await(
                "none while a receiver runs",
                view -> streams(view) && b.sql(CONNECTION).isEmpty());
        alone(b);
        b.observe();
        String backend = b.sql(CONNECTION);
        assertThat(backend).isNotEmpty();
        for (int i = 0; i < 20; i++) {
            assertThat(b.observe().timeline()).isEqualTo(Timeline.FIRST);
        }
        assertThat(b.sql(CONNECTION)).isEqualTo(backend);
        assertThat(((ServerReport.Answer) b.probe.report(Duration.ofSeconds(5))).walSenders())
                .as("our own connection is nobody who streams")
                .isEmpty();
    }

    @Test
    @DisplayName("PG-079 when its connections are ended, the next observation opens others and knows the timeline")
    void brokenConnections() {
        alone(b);
        for (int i = 0; i < 3; i++) {
            assertThat(b.sql("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                            + " WHERE application_name = 'Patroni heartbeat'"))
                    .isEqualTo("2");
            PostgresView seen = b.observe();
            assertThat(isAlone(seen)).isTrue();
            assertThat(seen.sql())
                    .isInstanceOfSatisfying(
                            SqlView.Standby.class,
                            standby -> assertThat(standby.receivedTimeline()).contains(Timeline.FIRST));
        }
    }

    @Test
    @DisplayName("PG-079 a timeline is remembered for the position it was replayed to, and for no other")
    void timelineChanges() throws Exception {
        Instance c = cluster.member("srv-3").cloneOf(a);
        c.await("streaming", ObservationTest::streams);
        assertThat(alone(b).timeline()).isEqualTo(Timeline.FIRST);
        stop(a);
        Instance.done(c.control.promote(List.of()));
        c.await("a primary", view -> view.sql() instanceof SqlView.Primary);
        Instance.done(c.control.changeSlots(List.of(new SlotChange.CreatePhysical("srv_2"))));
        Instance.done(b.control.follow(c.upstream(), Role.REPLICA));
        b.await(
                "streaming on timeline 2",
                view -> streams(view) && view.timeline().equals(new Timeline(2)));
        c.sql("CREATE TABLE more (i int)");
        b.await("the table", _ -> b.sql("SELECT to_regclass('more')").equals("more"));
        assertThat(alone(b).timeline()).isEqualTo(new Timeline(2));
    }

    @Test
    @DisplayName("PG-079 a checkpoint asked of a standby readies the connection, which a primary does not keep")
    void readied() {
        Instance.done(a.control.checkpoint());
        assertThat(a.sql(CONNECTION)).isEmpty();
        b.server.replayedTimeline().forget();
        b.await("no connection", view -> streams(view) && b.sql(CONNECTION).isEmpty());
        Instance.done(b.control.checkpoint());
        String backend = b.sql(CONNECTION);
        assertThat(backend).isNotEmpty();
        assertThat(streams(b.observe())).isTrue();
        stop(a);
        assertThat(b.await("no receiver", ObservationTest::isAlone).timeline()).isEqualTo(Timeline.FIRST);
        assertThat(b.sql(CONNECTION)).isEqualTo(backend);
        Instance.done(b.control.promote(List.of()));
        b.await("a primary", view -> view.sql() instanceof SqlView.Primary);
        b.await("one connection less", _ -> b.sql(CONNECTION).isEmpty());
    }

    @Test
    @DisplayName("PG-079 the connection ends when a receiver runs, at once or some time after it was readied")
    void receiverRuns() throws Exception {
        Duration patience = Duration.ofSeconds(5);
        KeptConnection.Opener opener = _ -> Jdbc.openReplication(
                b.server.settings().replication(), b.server.local(), "kept", Jdbc.Bounds.kept(patience));
        String kept = CONNECTION.replace(ReplayedTimeline.NAME, "kept");
        try (Connection witness = b.server.connect("test", Jdbc.Bounds.within(patience));
                var forLong = new ReplayedTimeline(opener, Duration.ofDays(1));
                var forNoTime = new ReplayedTimeline(opener, Duration.ZERO)) {
            for (ReplayedTimeline timeline : List.of(forLong, forNoTime)) {
                assertThat(timeline.at(witness, Lsn.ZERO, patience)).contains(Timeline.FIRST);
                assertThat(b.sql(kept)).isNotEmpty();
                timeline.receiverRuns();
                b.await("its end", _ -> b.sql(kept).isEmpty());
            }
            forNoTime.expectQuestions(patience);
            assertThat(b.sql(kept)).isNotEmpty();
            forNoTime.receiverRuns();
            b.await("its end", _ -> b.sql(kept).isEmpty());
            forLong.expectQuestions(patience);
            String backend = b.sql(kept);
            assertThat(backend).isNotEmpty();
            forLong.receiverRuns();
            assertThat(forLong.at(witness, Lsn.ZERO, patience)).contains(Timeline.FIRST);
            assertThat(b.sql(kept)).isEqualTo(backend);
        }
    }

    @Test
    @DisplayName("the probe knows the server's version once it has answered, and no sooner")
    void version() throws Exception {
        b.observe();
        assertThat(b.probe.serverVersion()).isEqualTo(Integer.parseInt(b.sql("SHOW server_version_num")));
        assertThat(new PgProbe(b.server).serverVersion()).isZero();
    }
}

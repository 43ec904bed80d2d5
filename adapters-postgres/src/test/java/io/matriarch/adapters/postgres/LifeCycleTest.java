package io.matriarch.adapters.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.matriarch.domain.cluster.Role;
import io.matriarch.domain.postgres.ControlData;
import io.matriarch.domain.postgres.PostgresView;
import io.matriarch.domain.postgres.ServerState;
import io.matriarch.domain.postgres.SqlView;
import io.matriarch.domain.postgres.StopMode;
import io.matriarch.domain.postgres.Timeline;
import io.matriarch.domain.postgres.Upstream;
import io.matriarch.domain.rewind.LeaderTimeline;
import io.matriarch.domain.slot.SlotChange;
import io.matriarch.ports.postgres.ServerReport;
import io.matriarch.ports.postgres.StopOrder;
import io.matriarch.ports.postgres.StopResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two real servers through everything a cluster's life brings. */
final class LifeCycleTest {

    @TempDir
    Path folder;

    private final List<Instance> instances = new ArrayList<>();

    private Instance instance(String name) throws Exception {
        var instance = new Instance(folder, name);
        instances.add(instance);
        return instance;
    }

    @AfterEach
    void end() {
        instances.forEach(Instance::close);
    }

    @Test
    @DisplayName(
            "PG-001 PG-004 PG-011 PG-041 PG-054 PG-092: from initdb over a base backup, promotion and divergence to"
                    + " a rewound standby that streams")
    void wholeLife() throws Exception {
        Instance a = instance("srv-1").initialized();
        PostgresView first = a.observe();
        assertThat(first.state()).isEqualTo(ServerState.RUNNING);
        assertThat(first.role()).isEqualTo(Role.PRIMARY);
        assertThat(first.sql()).isInstanceOf(SqlView.Primary.class);
        assertThat(first.timeline()).isEqualTo(Timeline.FIRST);
        assertThat(a.serverLog())
                .doesNotContain("my-super", "confi:dent", "rewind_password", "admin%")
                .doesNotContain("CREATE ROLE");
        assertThat(a.sql("SELECT rolcanlogin AND rolcreaterole AND rolcreatedb AND NOT rolsuper"
                        + " AND rolpassword LIKE 'SCRAM%' FROM pg_authid WHERE rolname = 'admin'"))
                .isEqualTo("t");
        Instance.done(a.control.changeSlots(List.of(new SlotChange.CreatePhysical("srv_2"))));
        Instance.done(a.control.changeSlots(List.of(new SlotChange.CreatePhysical("srv_2"))));

        Instance b = instance("srv-2").cloneOf(a);
        b.await("streaming", view -> view.sql() instanceof SqlView.Standby standby && standby.streaming());
        assertThat(a.sql("SELECT application_name FROM pg_stat_replication")).isEqualTo("srv-2");
        PostgresView primary = a.observe();
        assertThat(((SqlView.Primary) primary.sql()).slots()).anySatisfy(slot -> {
            assertThat(slot.name()).isEqualTo("srv_2");
            assertThat(slot.active()).isTrue();
            assertThat(slot.restartLsn()).isPresent();
        });
        assertThat(b.observe().upstream()).contains(a.upstream());
        assertThat(b.control.timelineOf(a.upstream(), Duration.ofSeconds(10)))
                .isEqualTo(new LeaderTimeline.Primary(Timeline.FIRST, List.of(), true));
        assertThat(a.control.timelineOf(b.upstream(), Duration.ofSeconds(10)))
                .isEqualTo(new LeaderTimeline.InRecovery());
        b.await(
                "something received",
                _ -> b.probe.report(Duration.ofSeconds(5)) instanceof ServerReport.Answer answer
                        && answer.timeline().isKnown());
        assertThat(b.probe.report(Duration.ofSeconds(5)))
                .isInstanceOfSatisfying(
                        ServerReport.Answer.class,
                        answer -> assertThat(answer.timeline()).isEqualTo(Timeline.FIRST));

        // The old primary goes on alone: it diverges.
        Instance.done(b.control.promote(List.of()));
        PostgresView promoted = b.await("a primary", view -> view.sql() instanceof SqlView.Primary);
        assertThat(promoted.role()).isEqualTo(Role.PRIMARY);
        assertThat(promoted.timeline()).isEqualTo(new Timeline(2));
        a.sql("CREATE TABLE lost AS SELECT generate_series(1, 1000)");
        b.sql("CREATE TABLE kept AS SELECT generate_series(1, 1000)");
        Instance.done(b.control.checkpoint());
        LeaderTimeline.Primary leader =
                (LeaderTimeline.Primary) a.control.timelineOf(b.upstream(), Duration.ofSeconds(10));
        assertThat(leader.timeline()).isEqualTo(new Timeline(2));
        assertThat(leader.checkpointed()).isTrue();
        assertThat(leader.history())
                .singleElement()
                .satisfies(line -> assertThat(line.parent()).isEqualTo(Timeline.FIRST));
        assertThat(b.control.localHistory(new Timeline(2))).contains(leader.history());

        StopResult.Stopped stopped = (StopResult.Stopped) a.control.stop(
                new StopOrder(StopMode.FAST, true, Optional.of(Duration.ofSeconds(30)), "the test demotes it"));
        assertThat(stopped.escalated()).isFalse();
        assertThat(stopped.shutdown()).isPresent();
        assertThat(a.observe().role()).isEqualTo(Role.DEMOTED);
        assertThat(a.observe().controlData().orElseThrow().state()).isEqualTo(ControlData.State.SHUT_DOWN);
        Instance.done(a.control.rewind(b.upstream(), stopped.proof()));
        Instance.done(b.control.changeSlots(List.of(new SlotChange.CreatePhysical("srv_1"))));
        Instance.done(a.control.startStandby(b.upstream(), Role.REPLICA, Instance.LONG));
        a.await(
                "streaming again",
                view -> view.sql() instanceof SqlView.Standby standby
                        && standby.streaming()
                        && standby.receivedTimeline().equals(Optional.of(new Timeline(2))));
        assertThat(a.sql("SELECT count(*) FROM kept")).isEqualTo("1000");
        assertThat(a.sql("SELECT to_regclass('lost') IS NULL")).isEqualTo("t");
        assertThat(Files.readString(a.data.resolve("postgresql.conf"))).doesNotContain("confi:dent");
        Instance.done(a.control.follow(new Upstream.Nobody(), Role.REPLICA));
        assertThat(a.sql("SHOW primary_conninfo")).isEmpty();
    }

    @Test
    @DisplayName("SAF-016 a promotion skips timelines that others may have written, and standbys follow it")
    void skippedTimelines() throws Exception {
        Instance a = instance("srv-1").initialized();
        Instance.done(a.control.changeSlots(
                List.of(new SlotChange.CreatePhysical("srv_2"), new SlotChange.CreatePhysical("srv_3"))));
        Instance b = instance("srv-2").cloneOf(a);
        Instance c = instance("srv-3").cloneOf(a);
        for (Instance standby : List.of(b, c)) {
            standby.await("streaming", view -> view.sql() instanceof SqlView.Standby seen && seen.streaming());
        }
        a.control.stop(new StopOrder(StopMode.FAST, true, Optional.of(Duration.ofSeconds(30)), "the test demotes it"));
        Path reserved = b.data.resolve("pg_wal/00000002.history");
        Instance.done(b.control.promote(List.of(new Timeline(2), new Timeline(3))));
        b.await("a primary", view -> view.sql() instanceof SqlView.Primary);
        assertThat(b.observe().timeline()).isEqualTo(new Timeline(4));
        assertThat(reserved).exists();
        assertThat(b.control.localHistory(new Timeline(3))).isEmpty();
        assertThat(b.control.localHistory(new Timeline(4)).orElseThrow())
                .singleElement()
                .satisfies(line -> assertThat(line.parent()).isEqualTo(Timeline.FIRST));
        Instance.done(b.control.changeSlots(
                List.of(new SlotChange.CreatePhysical("srv_1"), new SlotChange.CreatePhysical("srv_3"))));
        Instance.done(c.control.follow(b.upstream(), Role.REPLICA));
        Instance.done(a.control.startStandby(b.upstream(), Role.REPLICA, Instance.LONG));
        for (Instance standby : List.of(a, c)) {
            standby.await(
                    "streaming on timeline 4",
                    view -> view.sql() instanceof SqlView.Standby seen
                            && seen.streaming()
                            && seen.receivedTimeline().equals(Optional.of(new Timeline(4))));
        }
        b.control.stop(new StopOrder(StopMode.FAST, true, Optional.of(Duration.ofSeconds(30)), "the test demotes it"));
        Instance.done(b.control.startStandby(a.upstream(), Role.REPLICA, Instance.LONG));
        assertThat(reserved).as("what a standby has reserved is forgotten").doesNotExist();
        assertThat(b.control.localHistory(new Timeline(4))).isPresent();
    }

    @Test
    @DisplayName("PG-079 a standby that has lost its upstream is on the timeline it replays, not on its control file's")
    void timelineWithoutReceiver() throws Exception {
        Instance a = instance("srv-1").initialized();
        Instance.done(a.control.changeSlots(List.of(new SlotChange.CreatePhysical("srv_2"))));
        Instance b = instance("srv-2").cloneOf(a);
        b.await("streaming", view -> view.sql() instanceof SqlView.Standby standby && standby.streaming());
        a.control.stop(new StopOrder(StopMode.FAST, true, Optional.of(Duration.ofSeconds(30)), "the test demotes it"));
        Instance.done(b.control.promote(List.of()));
        b.await("a primary", view -> view.sql() instanceof SqlView.Primary);
        Instance.done(b.control.changeSlots(List.of(new SlotChange.CreatePhysical("srv_1"))));
        Instance.done(a.control.startStandby(b.upstream(), Role.REPLICA, Instance.LONG));
        a.await(
                "streaming on timeline 2",
                view -> view.sql() instanceof SqlView.Standby standby
                        && standby.streaming()
                        && standby.receivedTimeline().equals(Optional.of(new Timeline(2))));
        Instance.done(a.control.follow(new Upstream.Nobody(), Role.REPLICA));
        PostgresView alone =
                a.await("no receiver", view -> view.sql() instanceof SqlView.Standby standby && !standby.streaming());
        assertThat(alone.timeline()).isEqualTo(new Timeline(2));
    }
}

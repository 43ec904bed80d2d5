package io.matriarch.adapters.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.matriarch.domain.cluster.Role;
import io.matriarch.domain.postgres.Lsn;
import io.matriarch.domain.postgres.PostgresView;
import io.matriarch.domain.postgres.Replication;
import io.matriarch.domain.postgres.SqlView;
import io.matriarch.domain.postgres.StopMode;
import io.matriarch.domain.postgres.Upstream;
import io.matriarch.domain.postgres.WalReceiver;
import io.matriarch.domain.postgres.WalSender;
import io.matriarch.domain.slot.SlotChange;
import io.matriarch.ports.postgres.StopOrder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Commits that wait for standbys, on real servers. */
final class SynchronousNamesTest {

    @TempDir
    Path folder;

    private Cluster cluster;
    private Instance primary;

    @BeforeEach
    void prepare() throws Exception {
        cluster = new Cluster(folder);
        primary = cluster.member("srv1").ready();
        Instance.done(primary.control.changeSlots(
                List.of(new SlotChange.CreatePhysical("srv2"), new SlotChange.CreatePhysical("srv3"))));
    }

    @AfterEach
    void end() {
        cluster.close();
    }

    private static boolean streams(PostgresView view) {
        return view.sql() instanceof SqlView.Standby standby && standby.streaming();
    }

    private Instance standby(String name) throws Exception {
        Instance standby = cluster.member(name).cloneOf(primary);
        standby.await("streaming", SynchronousNamesTest::streams);
        return standby;
    }

    private Replication replication() {
        return ((SqlView.Primary) primary.observe().sql()).replication();
    }

    private void await(String what, Predicate<Replication> condition) {
        primary.await(what, view -> view.sql() instanceof SqlView.Primary seen && condition.test(seen.replication()));
    }

    private static WalSender sender(Replication seen, String name) {
        return seen.senders().stream()
                .filter(one -> one.applicationName().equals(name))
                .findFirst()
                .orElseThrow();
    }

    @Test
    @DisplayName("HA-106, S-10 the names are loaded when the call returns, senders are seen, and commits wait for them")
    void names() throws Exception {
        Instance second = standby("srv2");
        standby("srv3");
        await("two senders", seen -> seen.senders().size() == 2);
        assertThat(replication().synchronousNames()).isEmpty();
        assertThat(replication().senders()).allMatch(WalSender::isStreaming).allMatch(WalSender::holdsItsSlot);

        Instance.done(primary.control.synchronousStandbyNames(Optional.of("2 (srv2,srv3)")));
        assertThat(replication().synchronousNames()).isEqualTo("2 (srv2,srv3)");
        assertThat(replication().senders()).allMatch(one -> one.syncState().equals("sync"));
        primary.sql("CREATE TABLE waits (i int)");
        Lsn written = Lsn.parse(primary.sql("SELECT pg_current_wal_flush_lsn()::text"));
        assertThat(sender(replication(), "srv2").flushed())
                .hasValueSatisfying(at -> assertThat(at.isAtLeast(written)).isTrue());

        Instance.done(primary.control.synchronousStandbyNames(Optional.of("ANY 1 (srv2,srv3)")));
        assertThat(replication().senders()).allMatch(one -> one.syncState().equals("quorum"));

        Instance.done(primary.control.synchronousStandbyNames(Optional.of("srv2")));
        second.control.stop(new StopOrder(StopMode.FAST, false, Optional.empty(), "test"));
        await("one sender", seen -> seen.senders().size() == 1);
        var commit = CompletableFuture.runAsync(() -> primary.sql("INSERT INTO waits VALUES (1)"));
        primary.await(
                "a commit that waits",
                _ -> primary.sql("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'")
                        .equals("1"));
        assertThat(commit).isNotDone();
        Instance.done(primary.control.synchronousStandbyNames(Optional.of("")));
        commit.get(30, TimeUnit.SECONDS);
        Instance.done(primary.control.synchronousStandbyNames(Optional.empty()));
        assertThat(replication().synchronousNames()).isEmpty();
    }

    @Test
    @DisplayName(
            "S-9 a new agent of a running primary leaves its names in force; a standby's and a restart's are set before")
    void agents() throws Exception {
        standby("srv2");
        Instance.done(primary.control.synchronousStandbyNames(Optional.of("srv2")));
        primary.probe.close();
        primary.open();
        primary.configurator.adopt(primary.context(), true);
        assertThat(primary.sql("SHOW synchronous_standby_names")).isEqualTo("srv2");
        primary.control.stop(new StopOrder(StopMode.FAST, false, Optional.empty(), "test"));
        Instance.done(primary.control.synchronousStandbyNames(Optional.of("ANY 1 (srv2)")));
        Instance.done(primary.control.startPrimary(Duration.ofSeconds(60)));
        assertThat(primary.sql("SHOW synchronous_standby_names")).isEqualTo("ANY 1 (srv2)");
    }

    @Test
    @DisplayName("W-26 a sender that has a member's name and not its slot is told apart")
    void impostor() throws Exception {
        Instance foreign = cluster.member("srv2");
        foreign.section.put("use_slots", false);
        foreign.cloneOf(primary).await("streaming", SynchronousNamesTest::streams);
        await("a sender", seen -> seen.senders().size() == 1);
        assertThat(sender(replication(), "srv2").holdsItsSlot()).isFalse();
    }

    @Test
    @DisplayName("SAF-050 a receiver has ended only when everything it received is in the position")
    void ended() throws Exception {
        Instance standby = standby("srv2");
        Instance.done(standby.control.follow(new Upstream.Nobody(), Role.REPLICA));
        standby.await("no receiver", view -> receiver(view) == WalReceiver.NONE);
        primary.sql("CREATE TABLE later (i int)");
        standby.control.stop(new StopOrder(StopMode.FAST, false, Optional.empty(), "test"));
        Instance.done(standby.control.startStandby(new Upstream.Nobody(), Role.REPLICA, Duration.ofSeconds(60)));
        var view = standby.await("replayed all it has", seen -> receiver(seen) == WalReceiver.NONE);
        assertThat(((SqlView.Standby) view.sql()).received()).isEqualTo(Lsn.ZERO);
        assertThat(((SqlView.Standby) view.sql()).position().isZero()).isFalse();
    }

    private static WalReceiver receiver(PostgresView view) {
        return view.sql() instanceof SqlView.Standby standby ? standby.receiver() : WalReceiver.NOT_STREAMING;
    }
}

package io.matriarch.app.loop;

import io.matriarch.app.store.ClusterCodec;
import io.matriarch.app.store.IsoTime;
import io.matriarch.domain.cluster.ClusterView;
import io.matriarch.domain.cluster.Epoch;
import io.matriarch.domain.cluster.Lease;
import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.cluster.Revision;
import io.matriarch.domain.cluster.SyncState;
import io.matriarch.domain.cluster.TimelineHistory;
import io.matriarch.domain.ha.Decision;
import io.matriarch.domain.postgres.Timeline;
import io.matriarch.domain.rewind.HistoryLine;
import io.matriarch.ports.dcs.Change;
import io.matriarch.ports.dcs.Dcs;
import io.matriarch.ports.dcs.StoreKey;
import io.matriarch.ports.dcs.WriteResult;
import io.matriarch.ports.postgres.PostgresControl;
import io.matriarch.ports.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Carries out what is decided on the keys of the store. What only the holder may write is fenced by its lease. */
final class DcsActions {

    private static final Logger log = LoggerFactory.getLogger(DcsActions.class);

    private final Dcs dcs;
    private final LeaseKeeper keeper;
    private final Observer observer;
    private final SettingsSource settings;
    private final PostgresControl postgres;
    private final Clock clock;
    private final MemberName self;

    DcsActions(
            Dcs dcs,
            LeaseKeeper keeper,
            Observer observer,
            SettingsSource settings,
            PostgresControl postgres,
            Clock clock,
            MemberName self) {
        this.dcs = dcs;
        this.keeper = keeper;
        this.observer = observer;
        this.settings = settings;
        this.postgres = postgres;
        this.clock = clock;
        this.self = self;
    }

    Outcome carryOut(Decision.OnDcs decision, ClusterView cluster) {
        return switch (decision) {
            case Decision.CreateInitializeKey _ -> createInitialize();
            case Decision.WriteInitializeKey(var identifier, var seen) ->
                free(
                        Change.NONE.when(StoreKey.INITIALIZE, seen).put(StoreKey.INITIALIZE, identifier.value()),
                        "write the system identifier");
            case Decision.CancelInitializeKey(var ours) ->
                free(
                        Change.NONE.when(StoreKey.INITIALIZE, ours).delete(StoreKey.INITIALIZE),
                        "take the initialize key back");
            case Decision.RestoreConfig(var seen) ->
                fenced(
                        Change.NONE.when(StoreKey.CONFIG, seen).put(StoreKey.CONFIG, settings.document()),
                        "restore the configuration");
            case Decision.WriteStatus(var status) ->
                fenced(Change.NONE.put(StoreKey.STATUS, ClusterCodec.encodeStatus(status)), "write the status");
            case Decision.PublishHistory(Timeline timeline) -> publishHistory(timeline, cluster.history());
            case Decision.WriteFailsafe(var members, var seen) ->
                registered(fenced(
                        Change.NONE
                                .when(StoreKey.FAILSAFE, seen)
                                .put(StoreKey.FAILSAFE, ClusterCodec.encodeFailsafe(members)),
                        "write who takes part in failsafe mode"));
            case Decision.ReserveTimeline(Epoch epoch) -> fenced(epoch(epoch, Change.NONE), "reserve a timeline");
            case Decision.WriteSync(SyncState wanted, String done, String refused) -> writeSync(wanted, done, refused);
            case Decision.DeleteSync(Revision seen) -> deleteSync(seen);
            case Decision.ClearRequest(var seen) ->
                seen.exists()
                        ? free(
                                Change.NONE
                                        .when(StoreKey.FAILOVER, seen)
                                        .put(StoreKey.FAILOVER, ClusterCodec.NO_REQUEST),
                                "clear the failover key")
                        : new Outcome.Done();
        };
    }

    private Outcome writeSync(SyncState wanted, String done, String refused) {
        Change change =
                Change.NONE.when(StoreKey.SYNC, wanted.revision()).put(StoreKey.SYNC, ClusterCodec.encodeSync(wanted));
        return sync(change, "write the synchronous register", done, refused);
    }

    private Outcome deleteSync(Revision seen) {
        Change change = Change.NONE.when(StoreKey.SYNC, seen).delete(StoreKey.SYNC);
        return sync(
                change,
                "remove the synchronous register",
                "Disabled synchronous replication",
                "Synchronous replication key updated by someone else.");
    }

    private Outcome sync(Change change, String what, String done, String refused) {
        Optional<Lease> lease = keeper.lease();
        if (lease.isEmpty()) {
            return new Outcome.Failed("could not " + what + ": the leader lock is not ours");
        }
        WriteResult result = dcs.write(lease, change);
        return switch (result) {
            case WriteResult.Done _ -> {
                if (!done.isEmpty()) {
                    log.info("{}", done);
                }
                yield new Outcome.Done();
            }
            case WriteResult.Refused _ -> new Outcome.Failed(refused);
            case WriteResult.Unknown _ -> LeaseKeeper.outcome(result, what);
        };
    }

    /** The epoch grows with each new holder, in the transaction that makes it one (SAF-016). */
    static Change epoch(Epoch next, Change change) {
        return change.when(StoreKey.EPOCH, next.revision()).put(StoreKey.EPOCH, ClusterCodec.encodeEpoch(next));
    }

    /** Without its local file a later timeline's history would be written as that of the first one, which has none. */
    private Outcome publishHistory(Timeline timeline, TimelineHistory known) {
        if (!timeline.equals(Timeline.FIRST) && postgres.localHistory(timeline).isEmpty()) {
            log.warn("the history file of timeline {} cannot be read, /history stays as it is", timeline);
            return new Outcome.Done();
        }
        return fenced(
                Change.NONE.put(StoreKey.HISTORY, ClusterCodec.encodeHistory(history(timeline, known))),
                "write the history");
    }

    /** The register is for a later outage: what is left of the turn does not depend on it (DCS-074). */
    private static Outcome registered(Outcome outcome) {
        if (outcome instanceof Outcome.Failed(String why)) {
            log.warn("{}", why);
        }
        return new Outcome.Done();
    }

    private Outcome createInitialize() {
        var change = Change.NONE.when(StoreKey.INITIALIZE, Revision.ABSENT).put(StoreKey.INITIALIZE, "");
        WriteResult result = dcs.write(Optional.empty(), change);
        if (result instanceof WriteResult.Done(var revision)) {
            observer.created(revision);
        }
        return LeaseKeeper.outcome(result, "create the initialize key");
    }

    private Outcome free(Change change, String what) {
        return LeaseKeeper.outcome(dcs.write(Optional.empty(), change), what);
    }

    private Outcome fenced(Change change, String what) {
        Optional<Lease> lease = keeper.lease();
        return lease.isEmpty()
                ? new Outcome.Failed("could not " + what + ": the leader lock is not ours")
                : LeaseKeeper.outcome(dcs.write(lease, change), what);
    }

    /** The local history file, the newest promotion with its time and our name. */
    private TimelineHistory history(Timeline timeline, TimelineHistory known) {
        List<HistoryLine> local = postgres.localHistory(timeline).orElse(List.of());
        Instant promoted = postgres.historyWritten(timeline).orElseGet(clock::wallClock);
        List<TimelineHistory.Line> lines = new ArrayList<>();
        for (HistoryLine line : local) {
            boolean newest = line == local.getLast();
            lines.add(new TimelineHistory.Line(
                    line.parent(),
                    line.switchpoint(),
                    line.reason(),
                    newest ? Optional.of(IsoTime.format(promoted)) : Optional.empty(),
                    newest ? Optional.of(self.value()) : Optional.empty()));
        }
        return TimelineHistory.published(
                lines, known, timeline, settings.current().maxTimelinesHistory());
    }
}

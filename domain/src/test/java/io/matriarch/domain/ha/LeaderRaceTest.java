package io.matriarch.domain.ha;

import static io.matriarch.domain.ha.Row.row;
import static io.matriarch.domain.ha.Seen.*;

import io.matriarch.domain.cluster.*;
import io.matriarch.domain.ha.Decision.*;
import io.matriarch.domain.postgres.*;
import io.matriarch.domain.rewind.*;
import io.matriarch.domain.settings.HaSettings;
import java.time.Duration;
import java.util.*;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Nobody holds the lock: who may take it. */
class LeaderRaceTest {

    private static PeerAnswer livePrimary(Tags tags, boolean watchdogFailed) {
        return new PeerAnswer.Reachable(OTHER, false, Lsn.ZERO, Timeline.FIRST, true, tags, watchdogFailed);
    }

    private static PeerAnswer priorityPeer(MemberName name, int priority) {
        return new PeerAnswer.Reachable(name, true, POSITION, Timeline.FIRST, true, priority(priority), false);
    }

    @TestFactory
    Stream<DynamicTest> rows() {
        return Row.tests(
                row("nobody has been asked yet: ask", replica(), Reason.POLLING_MEMBERS, PollMembers.class),
                row(
                        "HA-145 the healthiest takes it, with epoch, sync and failover as conditions: SAF-016, SAF-017",
                        replica().peers(peer(OTHER, POSITION), peer(THIRD, POSITION)),
                        Reason.ACQUIRING_AS_REPLICA,
                        new AcquireLeaderLock(
                                new Epoch(2, Optional.of(SELF), new Timeline(2), new Revision(5)),
                                Revision.ABSENT,
                                Revision.ABSENT)),
                row(
                        "SAF-016 the timeline reserved is above what the last holder may have written unseen",
                        replica().epochOf(OTHER, 2).peers(dead(OTHER), dead(THIRD)),
                        Reason.ACQUIRING_AS_REPLICA,
                        new AcquireLeaderLock(
                                new Epoch(5, Optional.of(SELF), new Timeline(3), new Revision(5)),
                                Revision.ABSENT,
                                Revision.ABSENT)),
                row(
                        "nobody reachable: it is taken",
                        replica().peers(dead(OTHER), dead(THIRD)),
                        Reason.ACQUIRING_AS_REPLICA,
                        AcquireLeaderLock.class),
                row(
                        "HA-065 one byte behind a peer: not taken; HA-073 and streams from nobody",
                        replica().upstream(upstream(OTHER)).peers(peer(OTHER, POSITION.plus(1))),
                        Reason.NOT_HEALTHIEST,
                        new Follow(new Upstream.Nobody(), Role.REPLICA)),
                row(
                        "a loser that follows nobody already does nothing",
                        replica().upstream(new Upstream.Nobody()).peers(peer(OTHER, POSITION.plus(1))),
                        Reason.NOT_HEALTHIEST),
                row(
                        "HA-063 exactly at the lag limit: races",
                        replica().lag(1048576).peers(dead(OTHER)),
                        Reason.ACQUIRING_AS_REPLICA,
                        AcquireLeaderLock.class),
                row(
                        "HA-063 one byte more: does not",
                        replica().upstream(new Upstream.Nobody()).lag(1048577).peers(dead(OTHER)),
                        Reason.NOT_HEALTHIEST),
                row(
                        "HA-064 a primary is alive: nobody races",
                        replica().upstream(new Upstream.Nobody()).peers(livePrimary(Tags.NONE, false)),
                        Reason.NOT_HEALTHIEST),
                row(
                        "HA-064 W-32 even if it may not be promoted",
                        replica().upstream(new Upstream.Nobody()).peers(livePrimary(nofailover(), true)),
                        Reason.NOT_HEALTHIEST),
                row(
                        "HA-066 equal position, lower priority: yields",
                        replica().upstream(new Upstream.Nobody()).peers(priorityPeer(THIRD, 2)),
                        Reason.NOT_HEALTHIEST),
                row(
                        "HA-066 the former leader's priority does not count",
                        replica()
                                .before(HaState.INITIAL.withLastLocked(OTHER, 1, List.of()))
                                .peers(priorityPeer(OTHER, 2)),
                        Reason.ACQUIRING_AS_REPLICA,
                        AcquireLeaderLock.class),
                row(
                        "HA-067 a nofailover peer ahead does not count",
                        replica()
                                .peers(new PeerAnswer.Reachable(
                                        OTHER, true, POSITION.plus(100), Timeline.FIRST, true, nofailover(), false)),
                        Reason.ACQUIRING_AS_REPLICA,
                        AcquireLeaderLock.class),
                row(
                        "HA-067 nor one without its watchdog",
                        replica()
                                .peers(new PeerAnswer.Reachable(
                                        OTHER, true, POSITION.plus(100), Timeline.FIRST, true, Tags.NONE, true)),
                        Reason.ACQUIRING_AS_REPLICA,
                        AcquireLeaderLock.class),
                row(
                        "W-7 more bytes on an older timeline are not ahead",
                        replica()
                                .standbyAt(POSITION, new Timeline(2), false)
                                .clusterTimeline(2)
                                .peers(peer(OTHER, POSITION.plus(1000))),
                        Reason.ACQUIRING_AS_REPLICA,
                        AcquireLeaderLock.class),
                row(
                        "W-7 fewer bytes on a newer timeline are",
                        replica()
                                .upstream(new Upstream.Nobody())
                                .standbyAt(POSITION.plus(1000), Timeline.FIRST, false)
                                .peers(new PeerAnswer.Reachable(
                                        OTHER, true, POSITION, new Timeline(2), true, Tags.NONE, false)),
                        Reason.NOT_HEALTHIEST),
                row(
                        "HA-069 check_timeline: an older timeline does not race",
                        replica()
                                .upstream(new Upstream.Nobody())
                                .settings(HaSettings.DEFAULTS
                                        .edit()
                                        .checkTimeline(true)
                                        .build())
                                .clusterTimeline(2)
                                .peers(dead(OTHER)),
                        Reason.NOT_HEALTHIEST),
                row(
                        "HA-069 check_timeline off: it does",
                        replica().clusterTimeline(2).peers(dead(OTHER)),
                        Reason.ACQUIRING_AS_REPLICA,
                        AcquireLeaderLock.class),
                row(
                        "HA-072 nofailover",
                        replica().upstream(new Upstream.Nobody()).tagged(nofailover()),
                        Reason.NOT_ALLOWED_TO_PROMOTE),
                row(
                        "HA-076 required watchdog not usable",
                        replica().upstream(new Upstream.Nobody()).watchdog(false, false),
                        Reason.NOT_HEALTHIEST),
                row(
                        "a standby that does not answer does not race",
                        replica().upstream(new Upstream.Nobody()).noAnswer().peers(dead(OTHER)),
                        Reason.NOT_HEALTHIEST),
                row(
                        "S-22 somebody is at work on the system identifier: no race",
                        replica()
                                .upstream(new Upstream.Nobody())
                                .initialize(new InitializeKey.InProgress(new Revision(1)))
                                .before(HaState.INITIAL.withJoined()),
                        Reason.NOT_HEALTHIEST),
                row(
                        "S-22 no system identifier, and nobody has ever led: no race",
                        replica()
                                .noEpoch()
                                .upstream(new Upstream.Nobody())
                                .initialize(new InitializeKey.Absent())
                                .before(HaState.INITIAL.withJoined()),
                        Reason.NOT_HEALTHIEST),
                row(
                        "HA-006 the identifier is gone while nobody leads: raced for, the next leader writes it anew",
                        replica()
                                .initialize(new InitializeKey.Absent())
                                .peers(dead(OTHER), dead(THIRD))
                                .before(HaState.INITIAL.withJoined()),
                        Reason.ACQUIRING_AS_REPLICA,
                        AcquireLeaderLock.class),
                row(
                        "HA-070 a primary that was the last holder takes it back",
                        primary(),
                        Reason.ACQUIRING_AS_PRIMARY,
                        AcquireLeaderLock.class),
                row(
                        "SAF-016 one that was overtaken stops",
                        primary().epochOf(OTHER),
                        Reason.PRIMARY_OVERTAKEN,
                        StopServer.class),
                row(
                        "HA-070 one on an old timeline stops",
                        primary().clusterTimeline(3),
                        Reason.PRIMARY_BEHIND_CLUSTER,
                        StopServer.class),
                row(
                        "HA-024 a promotion under way without the lock is stopped",
                        replica().promoting(),
                        Reason.LOST_BEFORE_PROMOTE,
                        StopServer.class),
                row(
                        "HA-087 the named candidate of a switchover takes it without a lag limit",
                        replica().lag(99999999).switchover(OTHER, SELF).peers(dead(OTHER), peer(THIRD, POSITION)),
                        Reason.ACQUIRING_AS_REPLICA,
                        AcquireLeaderLock.class),
                row(
                        "W-25 unless another one has more",
                        replica()
                                .upstream(new Upstream.Nobody())
                                .switchover(OTHER, SELF)
                                .peers(dead(OTHER), peer(THIRD, POSITION.plus(8))),
                        Reason.NOT_HEALTHIEST),
                row(
                        "a failover to us goes through though another one has more",
                        replica().switchover(null, SELF).peers(peer(THIRD, POSITION.plus(8))),
                        Reason.ACQUIRING_AS_REPLICA,
                        AcquireLeaderLock.class),
                row(
                        "but not past a live primary",
                        replica()
                                .upstream(new Upstream.Nobody())
                                .switchover(null, SELF)
                                .peers(livePrimary(Tags.NONE, false)),
                        Reason.NOT_HEALTHIEST),
                row(
                        "HA-088 others defer to a healthy candidate",
                        replica()
                                .upstream(new Upstream.Nobody())
                                .switchover(OTHER, THIRD)
                                .peers(dead(OTHER), peer(THIRD, POSITION)),
                        Reason.NOT_HEALTHIEST),
                row(
                        "HA-088 and not to an unhealthy one",
                        replica().switchover(OTHER, THIRD).peers(dead(OTHER), dead(THIRD)),
                        Reason.ACQUIRING_AS_REPLICA,
                        AcquireLeaderLock.class),
                row(
                        "HA-089 the former leader stands back while another one could",
                        replica()
                                .upstream(new Upstream.Nobody())
                                .switchover(SELF, null)
                                .peers(peer(THIRD, POSITION)),
                        Reason.NOT_HEALTHIEST),
                row(
                        "HA-089 and takes it when nobody could",
                        replica().switchover(SELF, null).peers(dead(OTHER), dead(THIRD)),
                        Reason.ACQUIRING_AS_REPLICA,
                        AcquireLeaderLock.class),
                row(
                        "W-5 a candidate that has not taken the lock for a whole ttl is not waited for any longer",
                        replica()
                                .switchover(OTHER, THIRD)
                                .peers(dead(OTHER), peer(THIRD, POSITION))
                                .before(HaState.INITIAL.withRace(
                                        RaceMemory.NONE.free(NOW.minus(HaSettings.DEFAULTS.ttl())))),
                        Reason.ACQUIRING_AS_REPLICA,
                        AcquireLeaderLock.class),
                row(
                        "W-5 a millisecond earlier it is",
                        replica()
                                .upstream(new Upstream.Nobody())
                                .switchover(OTHER, THIRD)
                                .peers(dead(OTHER), peer(THIRD, POSITION))
                                .before(HaState.INITIAL.withRace(RaceMemory.NONE.free(
                                        NOW.minus(HaSettings.DEFAULTS.ttl().minusMillis(1))))),
                        Reason.NOT_HEALTHIEST),
                row(
                        "HA-092 W-24 a request for later says nothing now",
                        replica()
                                .upstream(new Upstream.Nobody())
                                .scheduled(Duration.ofMinutes(5), SELF)
                                .peers(peer(THIRD, POSITION.plus(8))),
                        Reason.NOT_HEALTHIEST),
                row(
                        "W-24 nor does one whose time cannot be read",
                        replica()
                                .upstream(new Upstream.Nobody())
                                .asked(new SwitchoverRequest(
                                        Optional.of(OTHER),
                                        Optional.of(THIRD),
                                        Optional.empty(),
                                        Optional.of("soon"),
                                        new Revision(9)))
                                .peers(peer(THIRD, POSITION.plus(8))),
                        Reason.NOT_HEALTHIEST),
                row(
                        "HA-091 nor one that is stale",
                        replica().scheduled(Duration.ofSeconds(-16), THIRD).peers(peer(THIRD, POSITION)),
                        Reason.ACQUIRING_AS_REPLICA,
                        AcquireLeaderLock.class),
                row(
                        "HA-042 replica in a scope nobody has initialized: the agent ends, the server lives",
                        replica().initialize(new InitializeKey.Absent()),
                        Reason.NO_INITIALIZE_KEY_AS_REPLICA,
                        Exit.class),
                row(
                        "HA-043 primary in a scope nobody has initialized: writes its identifier",
                        primary().initialize(new InitializeKey.Absent()).noEpoch(),
                        Reason.JOINING_UNINITIALIZED,
                        WriteInitializeKey.class),
                row(
                        "HA-043 and takes the lock then",
                        primary().noEpoch(),
                        Reason.ACQUIRING_AS_PRIMARY,
                        AcquireLeaderLock.class));
    }
}

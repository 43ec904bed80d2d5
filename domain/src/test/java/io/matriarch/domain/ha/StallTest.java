package io.matriarch.domain.ha;

import static io.matriarch.domain.ha.Row.row;
import static io.matriarch.domain.ha.Seen.NOW;
import static io.matriarch.domain.ha.Seen.OTHER;
import static io.matriarch.domain.ha.Seen.POSITION;
import static io.matriarch.domain.ha.Seen.THIRD;
import static io.matriarch.domain.ha.Seen.dead;
import static io.matriarch.domain.ha.Seen.leader;
import static io.matriarch.domain.ha.Seen.peer;

import io.matriarch.domain.ha.Decision.ArmGuard;
import io.matriarch.domain.ha.Decision.ArmWatchdog;
import io.matriarch.domain.ha.Decision.KeepWatchdogAlive;
import io.matriarch.domain.ha.Decision.PollMembers;
import io.matriarch.domain.ha.Decision.ProbeWrite;
import io.matriarch.domain.ha.Decision.RenewLeaderLock;
import io.matriarch.domain.ha.Decision.StopServer;
import io.matriarch.domain.postgres.StopMode;
import io.matriarch.domain.settings.HaSettings;
import java.time.Duration;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** A primary that shows no sign that it can write, by how long it has not: 300 s is the limit of the settings here. */
class StallTest {

    private static final HaState PROBE_FAILED = HaState.INITIAL.withFailedTask(
            Optional.of(new HaState.FailedTask(TaskKind.PROBE_WRITE, NOW.minus(Duration.ofSeconds(60)))));

    private static Seen stalledFor(int seconds) {
        return leader().noAnswer().stalled(Duration.ofSeconds(seconds));
    }

    @TestFactory
    Stream<DynamicTest> rows() {
        return Row.tests(
                row(
                        "HA-019 one query that is not answered is no reason to do anything",
                        stalledFor(149),
                        Reason.LEADER_WITH_LOCK,
                        RenewLeaderLock.class,
                        ArmGuard.class,
                        ArmWatchdog.class,
                        KeepWatchdogAlive.class),
                row(
                        "W-2 after half the time a commit is tried, under the lock",
                        stalledFor(150),
                        Reason.PROBING_STALLED_PRIMARY,
                        new RenewLeaderLock(),
                        new ArmGuard(),
                        new KeepWatchdogAlive(),
                        new ProbeWrite(Duration.ofSeconds(10))),
                row(
                        "W-2 the probe is tried once a loop",
                        stalledFor(160)
                                .before(HaState.INITIAL.withFailedTask(Optional.of(new HaState.FailedTask(
                                        TaskKind.PROBE_WRITE, NOW.minus(Duration.ofSeconds(9)))))),
                        Reason.TASK_RETRIED_LATER,
                        RenewLeaderLock.class,
                        ArmGuard.class,
                        KeepWatchdogAlive.class),
                row(
                        "W-2 at its end nothing is given up before a commit has failed",
                        stalledFor(300),
                        Reason.PROBING_STALLED_PRIMARY,
                        RenewLeaderLock.class,
                        ArmGuard.class,
                        KeepWatchdogAlive.class,
                        ProbeWrite.class),
                row(
                        "W-2 a commit has failed: the others are asked",
                        stalledFor(300).before(PROBE_FAILED),
                        Reason.POLLING_MEMBERS,
                        RenewLeaderLock.class,
                        ArmGuard.class,
                        KeepWatchdogAlive.class,
                        PollMembers.class),
                row(
                        "W-2 somebody is fit: the server is stopped at once, the lock goes with the proof",
                        stalledFor(300).before(PROBE_FAILED).peers(Seen.silentPeer(OTHER, POSITION), dead(THIRD)),
                        Reason.PRIMARY_HANGS,
                        new RenewLeaderLock(),
                        new StopServer(StopMode.IMMEDIATE, false, Optional.of(Duration.ZERO), "demote")),
                row(
                        "W-2 nobody is: it may recover by itself",
                        stalledFor(300).before(PROBE_FAILED).peers(dead(OTHER), dead(THIRD)),
                        Reason.LEADER_WITH_LOCK,
                        RenewLeaderLock.class,
                        ArmGuard.class,
                        ArmWatchdog.class,
                        KeepWatchdogAlive.class),
                row(
                        "W-2 primary_hang_timeout 0: for ever, as in the reference",
                        stalledFor(3000)
                                .settings(HaSettings.DEFAULTS
                                        .edit()
                                        .primaryHangTimeout(Duration.ZERO)
                                        .build())
                                .before(PROBE_FAILED)
                                .peers(peer(OTHER, POSITION)),
                        Reason.LEADER_WITH_LOCK,
                        RenewLeaderLock.class,
                        ArmGuard.class,
                        ArmWatchdog.class,
                        KeepWatchdogAlive.class),
                row(
                        "W-2 S-18 paused: nobody's business",
                        stalledFor(3000).paused().before(PROBE_FAILED).peers(peer(OTHER, POSITION)),
                        Reason.LEADER_WITH_LOCK,
                        Decision.PauseGuard.class,
                        Decision.DisarmWatchdog.class,
                        RenewLeaderLock.class));
    }
}

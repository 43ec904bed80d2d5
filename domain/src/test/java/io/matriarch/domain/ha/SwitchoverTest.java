package io.matriarch.domain.ha;

import static io.matriarch.domain.ha.Row.row;
import static io.matriarch.domain.ha.Seen.*;
import static org.assertj.core.api.Assertions.assertThat;

import io.matriarch.domain.cluster.*;
import io.matriarch.domain.ha.Decision.*;
import io.matriarch.domain.postgres.*;
import io.matriarch.domain.rewind.*;
import java.time.Duration;
import java.util.*;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** A planned hand-over of the lock, step by step (SAF-060). */
class SwitchoverTest {

    private static final ShutdownPosition END = new ShutdownPosition(Timeline.FIRST, Lsn.parse("0/50000A0"));

    private static HaState phase(HandoverPhase phase) {
        return HaState.INITIAL.withJoined().withHandover(phase);
    }

    /** What is remembered after the lock was offered to the store once. */
    private static HaState handedOver() {
        return down().before(phase(new HandoverPhase.HandingOver("switchover", Seen.member(OTHER), PROOF, END, THEIRS)))
                .decide()
                .next();
    }

    private static Seen down() {
        return leader().stopped(ControlData.State.SHUT_DOWN);
    }

    private static TaskResult clean() {
        return new TaskResult.Stopped(PROOF, false, Optional.of(END));
    }

    private static TaskResult ready(Timeline timeline, Lsn flushed) {
        return new TaskResult.Candidate(new HandoverAnswer.Ready(timeline, flushed, THEIRS));
    }

    @TestFactory
    Stream<DynamicTest> rows() {
        return Row.tests(
                row(
                        "the candidates are asked first",
                        leader().switchover(SELF, OTHER),
                        Reason.SWITCHOVER_POLLING,
                        RenewLeaderLock.class,
                        ArmGuard.class,
                        KeepWatchdogAlive.class,
                        PollMembers.class),
                row(
                        "SAF-060 (1) HA-095 checkpoints on both before anything stops",
                        leader().switchover(SELF, OTHER).peers(peer(OTHER, POSITION)),
                        Reason.SWITCHOVER_PREPARING,
                        RenewLeaderLock.class,
                        ArmGuard.class,
                        KeepWatchdogAlive.class,
                        new Checkpoint(Optional.of(Seen.member(OTHER)))),
                row(
                        "HA-084 without a candidate the fittest is chosen",
                        leader().switchover(SELF, null).peers(peer(OTHER, POSITION), peer(THIRD, POSITION.plus(1))),
                        Reason.SWITCHOVER_PREPARING,
                        RenewLeaderLock.class,
                        ArmGuard.class,
                        KeepWatchdogAlive.class,
                        new Checkpoint(Optional.of(Seen.member(THIRD)))),
                row(
                        "SAF-060 (1) a candidate that does not stream is none: the server is not stopped for it",
                        leader().switchover(SELF, OTHER).peers(Seen.silentPeer(OTHER, POSITION)),
                        Reason.LEADER_WITH_LOCK,
                        RenewLeaderLock.class,
                        ArmGuard.class,
                        KeepWatchdogAlive.class,
                        ClearRequest.class),
                row(
                        "HA-084 nobody fit: the request goes",
                        leader().switchover(SELF, OTHER).peers(dead(OTHER)),
                        Reason.LEADER_WITH_LOCK,
                        RenewLeaderLock.class,
                        ArmGuard.class,
                        KeepWatchdogAlive.class,
                        new ClearRequest(new Revision(9))),
                row(
                        "HA-084 a candidate that lags too much is not fit",
                        leader().switchover(SELF, OTHER).peers(peer(OTHER, Lsn.parse("0/10"))),
                        Reason.LEADER_WITH_LOCK,
                        RenewLeaderLock.class,
                        ArmGuard.class,
                        KeepWatchdogAlive.class,
                        ClearRequest.class),
                row(
                        "HA-084 what it answers is a loop old: how far it has come its stream tells",
                        leader().streamedBy("", Seen.sender(OTHER, "async", POSITION))
                                .switchover(SELF, OTHER)
                                .peers(peer(OTHER, Lsn.parse("0/10"))),
                        Reason.SWITCHOVER_PREPARING,
                        RenewLeaderLock.class,
                        ArmGuard.class,
                        KeepWatchdogAlive.class,
                        Checkpoint.class),
                row(
                        "HA-084 a candidate that is no member is not fit",
                        leader().switchover(SELF, new MemberName("srv9")),
                        Reason.LEADER_WITH_LOCK,
                        RenewLeaderLock.class,
                        ArmGuard.class,
                        KeepWatchdogAlive.class,
                        ClearRequest.class),
                row(
                        "S-12 a nofailover candidate is not fit",
                        leader().member(OTHER, nofailover()).switchover(SELF, OTHER),
                        Reason.LEADER_WITH_LOCK,
                        RenewLeaderLock.class,
                        ArmGuard.class,
                        KeepWatchdogAlive.class,
                        ClearRequest.class),
                row(
                        "HA-085 another leader's name",
                        leader().switchover(OTHER, THIRD),
                        Reason.LEADER_WITH_LOCK,
                        RenewLeaderLock.class,
                        ArmGuard.class,
                        KeepWatchdogAlive.class,
                        ClearRequest.class),
                row(
                        "HA-086 to the leader itself",
                        leader().switchover(SELF, SELF),
                        Reason.LEADER_WITH_LOCK,
                        RenewLeaderLock.class,
                        ArmGuard.class,
                        KeepWatchdogAlive.class,
                        ClearRequest.class),
                row(
                        "HA-091 not yet due",
                        leader().scheduled(Duration.ofMillis(1), OTHER),
                        Reason.LEADER_WITH_LOCK,
                        RenewLeaderLock.class,
                        ArmGuard.class,
                        ArmWatchdog.class,
                        KeepWatchdogAlive.class,
                        WriteStatus.class,
                        ChangeSlots.class),
                row(
                        "HA-091 due",
                        leader().scheduled(Duration.ZERO, OTHER),
                        Reason.SWITCHOVER_POLLING,
                        RenewLeaderLock.class,
                        ArmGuard.class,
                        KeepWatchdogAlive.class,
                        PollMembers.class),
                row(
                        "HA-091 late by one and a half loops: still done",
                        leader().scheduled(Duration.ofSeconds(-15), OTHER),
                        Reason.SWITCHOVER_POLLING,
                        RenewLeaderLock.class,
                        ArmGuard.class,
                        KeepWatchdogAlive.class,
                        PollMembers.class),
                row(
                        "HA-091 later: discarded",
                        leader().scheduled(Duration.ofMillis(-15001), OTHER),
                        Reason.LEADER_WITH_LOCK,
                        RenewLeaderLock.class,
                        ArmGuard.class,
                        KeepWatchdogAlive.class,
                        ClearRequest.class),
                row(
                        "HA-091 unreadable time: discarded",
                        leader().asked(new SwitchoverRequest(
                                Optional.of(SELF),
                                Optional.of(OTHER),
                                Optional.empty(),
                                Optional.of("soon"),
                                new Revision(9))),
                        Reason.LEADER_WITH_LOCK,
                        RenewLeaderLock.class,
                        ArmGuard.class,
                        KeepWatchdogAlive.class,
                        ClearRequest.class),
                row(
                        "SAF-060 (2) checkpoint done: fast stop, lease renewed, guard armed",
                        leader().before(phase(new HandoverPhase.Preparing("switchover", Seen.member(OTHER))))
                                .ended(TaskKind.CHECKPOINT, new TaskResult.Done()),
                        Reason.SWITCHOVER_STOPPING,
                        RenewLeaderLock.class,
                        ArmGuard.class,
                        KeepWatchdogAlive.class,
                        StopServer.class),
                row(
                        "a failed checkpoint only makes the stop longer",
                        leader().before(phase(new HandoverPhase.Preparing("switchover", Seen.member(OTHER))))
                                .ended(TaskKind.CHECKPOINT, new TaskResult.Failed("x")),
                        Reason.SWITCHOVER_STOPPING,
                        RenewLeaderLock.class,
                        ArmGuard.class,
                        KeepWatchdogAlive.class,
                        StopServer.class),
                row(
                        "SAF-060 (3, 4) stopped cleanly: the candidate must have the end of the checkpoint",
                        down().before(phase(new HandoverPhase.Stopping("switchover", Seen.member(OTHER))))
                                .ended(TaskKind.STOP, clean()),
                        Reason.SWITCHOVER_AWAITING,
                        RenewLeaderLock.class,
                        new AwaitCandidate(Seen.member(OTHER), END, Duration.ofSeconds(10))),
                row(
                        "SAF-060 the stop was escalated: start again as primary",
                        down().before(phase(new HandoverPhase.Stopping("switchover", Seen.member(OTHER))))
                                .ended(TaskKind.STOP, new TaskResult.Stopped(PROOF, true, Optional.of(END))),
                        Reason.SWITCHOVER_ABANDONED,
                        RenewLeaderLock.class,
                        ArmGuard.class,
                        ArmWatchdog.class,
                        ClearRequest.class,
                        StartPrimary.class),
                row(
                        "SAF-060 the control file does not say shut down: start again",
                        down().before(phase(new HandoverPhase.Stopping("switchover", Seen.member(OTHER))))
                                .ended(TaskKind.STOP, new TaskResult.Stopped(PROOF, false, Optional.empty())),
                        Reason.SWITCHOVER_ABANDONED,
                        RenewLeaderLock.class,
                        ArmGuard.class,
                        ArmWatchdog.class,
                        ClearRequest.class,
                        StartPrimary.class),
                row(
                        "the stop failed and the server still runs: on as primary",
                        leader().before(phase(new HandoverPhase.Stopping("switchover", Seen.member(OTHER))))
                                .ended(TaskKind.STOP, new TaskResult.Failed("x")),
                        Reason.SWITCHOVER_ABANDONED,
                        RenewLeaderLock.class,
                        ClearRequest.class),
                row(
                        "SAF-060 (5) HA-090 HA-094 the candidate has everything: one transaction, the request cleared in it",
                        down().before(phase(new HandoverPhase.Awaiting("switchover", Seen.member(OTHER), PROOF, END)))
                                .ended(TaskKind.AWAIT_CANDIDATE, ready(Timeline.FIRST, END.end())),
                        Reason.SWITCHOVER_HANDING_OVER,
                        DisarmWatchdog.class,
                        new HandOverLeaderLock(
                                PROOF,
                                OTHER,
                                THEIRS,
                                END.end(),
                                Revision.ABSENT,
                                new Epoch(2, Optional.of(OTHER), new Timeline(2), new Revision(5)))),
                row(
                        "SAF-060 the start of the record is not its end: one byte less is too little",
                        down().before(phase(new HandoverPhase.Awaiting("switchover", Seen.member(OTHER), PROOF, END)))
                                .ended(
                                        TaskKind.AWAIT_CANDIDATE,
                                        ready(Timeline.FIRST, END.end().plus(-1))),
                        Reason.SWITCHOVER_ABANDONED,
                        RenewLeaderLock.class,
                        ArmGuard.class,
                        ArmWatchdog.class,
                        ClearRequest.class,
                        StartPrimary.class),
                row(
                        "SAF-060 timelines are compared",
                        down().before(phase(new HandoverPhase.Awaiting("switchover", Seen.member(OTHER), PROOF, END)))
                                .ended(
                                        TaskKind.AWAIT_CANDIDATE,
                                        ready(new Timeline(2), END.end().plus(9))),
                        Reason.SWITCHOVER_ABANDONED,
                        RenewLeaderLock.class,
                        ArmGuard.class,
                        ArmWatchdog.class,
                        ClearRequest.class,
                        StartPrimary.class),
                row(
                        "the candidate says nothing: start again as primary",
                        down().before(phase(new HandoverPhase.Awaiting("switchover", Seen.member(OTHER), PROOF, END)))
                                .ended(
                                        TaskKind.AWAIT_CANDIDATE,
                                        new TaskResult.Candidate(new HandoverAnswer.NotReady("x"))),
                        Reason.SWITCHOVER_ABANDONED,
                        RenewLeaderLock.class,
                        ArmGuard.class,
                        ArmWatchdog.class,
                        ClearRequest.class,
                        StartPrimary.class),
                row(
                        "the store refused, the lock is still ours: back to work instead of asking forever",
                        down().before(handedOver()),
                        Reason.SWITCHOVER_ABANDONED,
                        RenewLeaderLock.class,
                        ArmGuard.class,
                        ArmWatchdog.class,
                        ClearRequest.class,
                        StartPrimary.class),
                row(
                        "SAF-013 the answer was lost: a fresh lease before anything starts, so that the request cannot come late",
                        down().before(handedOver()).lease(new LeaseView.Former(MINE)),
                        Reason.ADOPTING_LOCK,
                        new AdoptLeaderLock(MINE)),
                row(
                        "handed over: done",
                        down().before(handedOver()).ledBy(OTHER).lease(new LeaseView.None()),
                        Reason.SWITCHOVER_DONE),
                row(
                        "lock lost while the candidate is awaited: over",
                        down().before(phase(new HandoverPhase.Awaiting("switchover", Seen.member(OTHER), PROOF, END)))
                                .ledBy(THIRD)
                                .lease(new LeaseView.None()),
                        Reason.SWITCHOVER_DONE),
                row(
                        "lock lost before the stop: demoted",
                        primary()
                                .before(phase(new HandoverPhase.Stopping("switchover", Seen.member(OTHER))))
                                .ledBy(THIRD),
                        Reason.PRIMARY_WITHOUT_LOCK,
                        StopServer.class),
                row(
                        "paused: what was asked for goes on though the server is down",
                        down().paused()
                                .before(phase(
                                        new HandoverPhase.Awaiting("switchover", Seen.member(OTHER), PROOF, END))),
                        Reason.SWITCHOVER_AWAITING,
                        RenewLeaderLock.class,
                        AwaitCandidate.class),
                row(
                        "paused: the old primary comes back as a standby",
                        down().paused().before(handedOver()).ledBy(OTHER).lease(new LeaseView.None()),
                        Reason.SWITCHOVER_DONE,
                        DisarmGuard.class,
                        DisarmWatchdog.class,
                        StartStandby.class));
    }

    @Test
    @DisplayName("SAF-030 SAF-060 a server that starts for want of the store ends the hand-over with its proof")
    void readOnlyStartEndsTheHandOver() {
        Turn turn = down().before(phase(new HandoverPhase.Awaiting("switchover", Seen.member(OTHER), PROOF, END)))
                .withoutDcs()
                .lease(new LeaseView.Mine(new Lease(MINE, NOW)))
                .decide();
        assertThat(turn.reason()).isEqualTo(Reason.DCS_UNREACHABLE_STARTING_READONLY);
        assertThat(turn.next().handover()).isEqualTo(new HandoverPhase.None());
    }
}

package io.matriarch.domain.ha;

import io.matriarch.domain.postgres.ShutdownPosition;
import io.matriarch.domain.postgres.StopProof;
import java.util.List;
import java.util.Optional;

/** The server of the member that holds the lock of a standby cluster does not run: it comes back as a standby only. */
final class StandbyRecovery {

    private StandbyRecovery() {}

    static Turn decide(Situation now, StopProof proof) {
        return switch (now.state().demotion()) {
            case ClusterDemotion.Stopped(ShutdownPosition position) ->
                // Whoever is to lead the other cluster can tell by this position whether it has everything (W-18).
                now.turn(
                        Reason.ARCHIVING_SHUTDOWN_WAL,
                        List.of(position.end().toString()),
                        new Decision.RenewLeaderLock(),
                        new Decision.WriteStatus(now.cluster().status().at(position.end())),
                        new Decision.ArchiveWal(position, proof));
            case ClusterDemotion.Unarchived(ShutdownPosition position) -> successor(now, proof, position);
            case ClusterDemotion.None _, ClusterDemotion.Stopping _ -> start(now, proof);
        };
    }

    /** Somebody who has everything and runs is of more use as the standby leader than a server that has to start first. */
    private static Turn successor(Situation now, StopProof proof, ShutdownPosition position) {
        Candidates candidates = Candidates.of(now, Optional.empty());
        if (!candidates.members().isEmpty() && now.seen().peers().isEmpty()) {
            return now.turn(
                            Reason.DEMOTION_POLLING,
                            new Decision.RenewLeaderLock(),
                            new Decision.PollMembers(candidates.members(), Optional.empty()))
                    .with(List.of(Note.info("Not archiving latest checkpoint WAL file. Archiving is not configured.")));
        }
        Optional<PeerAnswer.Reachable> complete = now.seen().peers().orElse(List.of()).stream()
                .filter(PeerAnswer.Reachable.class::isInstance)
                .map(PeerAnswer.Reachable.class::cast)
                .filter(peer -> LeaderRace.limitation(peer).isEmpty()
                        && peer.timeline().equals(position.timeline())
                        && peer.position().isAtLeast(position.end()))
                .findFirst();
        Situation settled = now.with(now.state().withDemotion(new ClusterDemotion.None()));
        return complete.map(peer -> settled.turn(
                        Reason.DEMOTION_RELEASING,
                        List.of(peer.name().value(), position.end().toString()),
                        new Decision.DisarmGuard(proof),
                        new Decision.DisarmWatchdog(),
                        new Decision.ReleaseLeaderLock(Optional.of(proof), Optional.of(position.end()))))
                .orElseGet(() -> start(settled, proof));
    }

    /** A crash is recovered from by the start, under its time limit (HA-027). */
    private static Turn start(Situation now, StopProof proof) {
        return Recovery.mendOrStart(now, proof, Reason.STARTING_AS_STANDBY_LEADER)
                .after(new Decision.RenewLeaderLock());
    }
}

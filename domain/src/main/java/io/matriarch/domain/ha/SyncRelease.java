package io.matriarch.domain.ha;

import io.matriarch.domain.cluster.Member;
import io.matriarch.domain.postgres.SqlView;
import io.matriarch.domain.time.MonotonicTime;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * A synchronous standby whose server is about to stop: commits would wait for it (ha-decisions §10.8). It shows the tag
 * {@code nosync} first and waits, for two loops at most, until the primary has taken it off the register.
 */
public final class SyncRelease {

    private SyncRelease() {}

    /** The turn that waits; empty when the server may stop. */
    static Optional<Turn> before(Situation now) {
        boolean asked = now.settings().sync().isOn()
                && now.lockedByOther()
                && now.postgres().sql() instanceof SqlView.Standby
                && !now.seen().tags().nosync()
                && now.cluster().sync().lists(now.self());
        if (!asked) {
            return Optional.empty();
        }
        MonotonicTime since =
                now.state().sync().leavingSince().orElse(now.seen().now());
        Duration longest = now.settings().loopWait().multipliedBy(2);
        if (now.seen().now().since(since).compareTo(longest) >= 0) {
            return Optional.empty();
        }
        boolean first = now.state().sync().leavingSince().isEmpty();
        Turn turn = Turn.of(
                now.state().withSync(now.state().sync().leaving(Optional.of(since))), Reason.WAITING_FOR_SYNC_RELEASE);
        return Optional.of(
                first
                        ? turn.with(List.of(Note.info("Waiting for primary to release us from synchronous standby")))
                        : turn);
    }

    /** What the member shows of itself meanwhile. */
    public static Member shown(Member member, HaState state) {
        return state.sync().leavingSince().isPresent()
                ? member.withTags(member.tags().withoutSync())
                : member;
    }
}

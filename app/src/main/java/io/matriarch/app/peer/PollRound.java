package io.matriarch.app.peer;

import io.matriarch.domain.cluster.Member;
import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.ha.PeerAnswer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The answers of one round of questions. It ends when all have answered, when patience is over, and soon after all but
 * the suspect have answered: who is most likely dead is not waited for.
 */
final class PollRound {

    /** What a suspect that is alive after all needs for its answer on a local network, with room for a slow one. */
    private static final Duration GRACE = Duration.ofMillis(75);

    private final Optional<MemberName> suspect;
    private final long deadline;
    private final Map<MemberName, Optional<PeerAnswer>> answers = new LinkedHashMap<>();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();

    PollRound(List<Member> members, Optional<MemberName> suspect, Duration patience) {
        this.suspect = suspect;
        this.deadline = System.nanoTime() + patience.toNanos();
        members.forEach(member -> answers.put(member.name(), Optional.empty()));
    }

    void answered(MemberName name, PeerAnswer answer) {
        lock.lock();
        try {
            answers.put(name, Optional.of(answer));
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Everybody's answer in the order asked; who has not given one is unreachable. */
    List<PeerAnswer> await() {
        lock.lock();
        try {
            long end = deadline;
            boolean onlySuspect = false;
            while (!open().isEmpty() && end - System.nanoTime() > 0) {
                if (!onlySuspect
                        && suspect.filter(name -> open().equals(List.of(name))).isPresent()) {
                    onlySuspect = true;
                    end = Math.min(end, System.nanoTime() + GRACE.toNanos());
                }
                changed.await(end - System.nanoTime(), TimeUnit.NANOSECONDS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            lock.unlock();
        }
        return collected();
    }

    private List<MemberName> open() {
        return answers.entrySet().stream()
                .filter(entry -> entry.getValue().isEmpty())
                .map(Map.Entry::getKey)
                .toList();
    }

    private List<PeerAnswer> collected() {
        lock.lock();
        try {
            List<PeerAnswer> all = new ArrayList<>();
            answers.forEach((name, answer) ->
                    all.add(answer.orElseGet(() -> new PeerAnswer.Unreachable(name, "no answer in time"))));
            return all;
        } finally {
            lock.unlock();
        }
    }
}

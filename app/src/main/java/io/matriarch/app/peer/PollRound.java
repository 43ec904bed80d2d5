package io.matriarch.app.peer;

import io.matriarch.domain.cluster.Member;
import io.matriarch.domain.cluster.MemberName;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiFunction;

/**
 * The answers of one round of questions. It ends when all have answered, when patience is over, and soon after all but
 * the suspect have answered: who is most likely dead is not waited for.
 */
final class PollRound<A> {

    /** What a suspect that is alive after all needs for its answer on a local network, with room for a slow one. */
    private static final Duration GRACE = Duration.ofMillis(75);

    private final Optional<MemberName> suspect;
    private final long deadline;
    private final BiFunction<MemberName, String, A> silence;
    private final Map<MemberName, Optional<A>> answers = new LinkedHashMap<>();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();

    /**
     * @param silence what counts as the answer of who has not given one, and why
     */
    PollRound(
            List<Member> members,
            Optional<MemberName> suspect,
            Duration patience,
            BiFunction<MemberName, String, A> silence) {
        this.suspect = suspect;
        this.silence = silence;
        this.deadline = System.nanoTime() + patience.toNanos();
        members.forEach(member -> answers.put(member.name(), Optional.empty()));
    }

    void answered(MemberName name, A answer) {
        lock.lock();
        try {
            answers.put(name, Optional.of(answer));
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Everybody's answer in the order asked; who has not given one is silent. */
    List<A> await() {
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

    private List<A> collected() {
        lock.lock();
        try {
            List<A> all = new ArrayList<>();
            answers.forEach(
                    (name, answer) -> all.add(answer.orElseGet(() -> silence.apply(name, "no answer in time"))));
            return all;
        } finally {
            lock.unlock();
        }
    }
}

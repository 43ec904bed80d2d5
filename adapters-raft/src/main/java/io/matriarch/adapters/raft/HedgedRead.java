package io.matriarch.adapters.raft;

import com.alipay.sofa.jraft.util.Endpoint;
import io.matriarch.adapters.raft.message.Asked;
import io.matriarch.adapters.raft.message.StoreReply;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * Asks several members what changes nothing: the next one as soon as those before have been silent for a moment, or have
 * said that they cannot tell. A member that stands still takes connections and never answers; it must not hold up who only
 * reads. The first answer counts.
 */
final class HedgedRead {

    /** A member beside us answers within a few milliseconds, TLS and a cold JVM included in 100. */
    private static final Duration SILENCE = Duration.ofMillis(150);

    interface Question {
        Asked ask(Endpoint member, Duration within);
    }

    sealed interface Result {
        /**
         * @param member its place in the list
         */
        record Found(int member, Asked.Answered answer) implements Result {}

        record Nobody(String why) implements Result {}
    }

    private record End(int member, Asked asked) {}

    private final List<Endpoint> members;
    private final Question question;
    private final LinkedBlockingQueue<End> ends = new LinkedBlockingQueue<>();
    private final List<String> obstacles = new ArrayList<>();

    HedgedRead(List<Endpoint> members, Question question) {
        this.members = members;
        this.question = question;
    }

    /** Blocks for at most this long; begins with the member at the given place of the list. */
    Result ask(int first, Duration within) {
        long end = System.nanoTime() + within.toNanos();
        int asked = 0;
        int silent = 0;
        try {
            while (true) {
                long left = end - System.nanoTime();
                if (left <= 0) {
                    return nobody("no answer within " + within.toMillis() + " ms");
                }
                if (silent == 0 && asked == members.size()) {
                    return nobody("");
                }
                if (silent == 0) {
                    start((first + asked++) % members.size(), left);
                    silent++;
                }
                boolean others = asked < members.size();
                var heard = ends.poll(others ? Math.min(left, SILENCE.toNanos()) : left, TimeUnit.NANOSECONDS);
                if (heard == null && others) {
                    start((first + asked++) % members.size(), end - System.nanoTime());
                    silent++;
                } else if (heard != null) {
                    silent--;
                    if (heard.asked() instanceof Asked.Answered answer && tells(answer.reply())) {
                        return new Result.Found(heard.member(), answer);
                    }
                    obstacles.add(obstacle(heard));
                }
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            return nobody("interrupted");
        }
    }

    /** Not a virtual thread: with one that used the network a command line takes 300 ms to end. */
    private void start(int member, long leftNanos) {
        var thread = new Thread(
                () -> {
                    Asked asked;
                    try {
                        asked = question.ask(members.get(member), Duration.ofNanos(Math.max(1, leftNanos)));
                    } catch (RuntimeException e) {
                        asked = new Asked.Lost(e.toString());
                    }
                    ends.add(new End(member, asked));
                },
                "raft-read");
        thread.setDaemon(true);
        thread.start();
    }

    private static boolean tells(StoreReply reply) {
        return !(reply instanceof StoreReply.Failed || reply instanceof StoreReply.NotLeader);
    }

    private String obstacle(End end) {
        return switch (end.asked()) {
            case Asked.Answered(StoreReply.Failed(var why), var _) -> members.get(end.member()) + ": " + why;
            case Asked.Answered _ -> members.get(end.member()) + ": nobody leads";
            case Asked.NotSent(var why) -> why;
            case Asked.Lost(var why) -> why;
        };
    }

    private Result.Nobody nobody(String last) {
        if (!last.isEmpty()) {
            obstacles.add(last);
        }
        return new Result.Nobody("no member answers: " + String.join("; ", obstacles));
    }
}

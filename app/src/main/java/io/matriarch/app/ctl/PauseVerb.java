package io.matriarch.app.ctl;

import io.matriarch.domain.cluster.Member;
import java.io.IOException;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;

/** {@code pause} and {@code resume}: automation off and on. */
final class PauseVerb implements Verb {

    private static final Duration POLL = Duration.ofSeconds(1);

    private final boolean pause;

    PauseVerb(boolean pause) {
        this.pause = pause;
    }

    @Override
    public String synopsis() {
        return "[OPTIONS] [CLUSTER_NAME]";
    }

    @Override
    public String description() {
        return pause ? "Disable auto failover" : "Resume auto failover";
    }

    @Override
    public List<Option> options() {
        return List.of(Option.GROUP, Option.flag("Wait until all nodes have recognized it", "--wait"));
    }

    @Override
    public int maxArguments() {
        return 1;
    }

    @Override
    public int run(Arguments arguments, Session session) {
        Cluster cluster = session.cluster(arguments);
        if (cluster.isPaused() == pause) {
            throw new CtlException(pause ? "Cluster is already paused" : "Cluster is not paused");
        }
        Map<String, Object> patch = Collections.singletonMap("pause", pause ? true : null);
        for (Member member : cluster.reachable()) {
            RestClient.Answer answer;
            try {
                answer = session.rest().patch(member, "/config", patch);
            } catch (IOException e) {
                session.log("WARNING", "Member " + member.name() + " is not accessible");
                continue;
            }
            if (answer.status() != 200) {
                session.console()
                        .line("Failed: " + (pause ? "pause" : "resume") + " cluster management status code="
                                + answer.status() + ", (" + answer.body() + ")");
            } else if (!arguments.flag("--wait") || await(session, cluster)) {
                session.console().line("Success: cluster management is " + (pause ? "paused" : "resumed"));
            }
            return 0;
        }
        throw new CtlException("Can not find accessible cluster member");
    }

    private boolean await(Session session, Cluster cluster) {
        String action = pause ? "pause" : "resume";
        session.console().line("'" + action + "' request sent, waiting until it is recognized by all nodes");
        long seconds = cluster.loopWaitSeconds();
        long start = System.nanoTime();
        while (true) {
            Cluster now = session.reload(cluster);
            List<Member> missing = now.view().members().stream()
                    .filter(member -> member.paused() != pause)
                    .toList();
            if (missing.isEmpty()) {
                return true;
            }
            if (System.nanoTime() - start > Duration.ofSeconds(seconds + 1).toNanos()) {
                session.console()
                        .line(Selection.joined(missing) + " members didn't recognized " + action + " state after "
                                + seconds + " seconds");
                return false;
            }
            session.pause(POLL);
        }
    }
}

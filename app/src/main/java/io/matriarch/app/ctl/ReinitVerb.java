package io.matriarch.app.ctl;

import io.matriarch.app.config.Json;
import io.matriarch.domain.cluster.Member;
import io.matriarch.domain.cluster.MemberName;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/** {@code reinit}: replicas drop their data and copy it again. */
final class ReinitVerb implements Verb {

    private static final String COPYING = "creating replica";
    private static final Duration POLL = Duration.ofSeconds(2);
    /** A copy that never shows within so many looks was over before the first one. */
    private static final int PATIENCE = 5;

    @Override
    public String synopsis() {
        return "[OPTIONS] CLUSTER_NAME [MEMBER_NAMES]...";
    }

    @Override
    public String description() {
        return "Reinitialize cluster member";
    }

    @Override
    public List<Option> options() {
        return List.of(
                Option.GROUP,
                Option.FORCE,
                Option.flag("Get the data from the leader", "--from-leader"),
                Option.flag("Wait until reinitialization completes", "--wait"));
    }

    @Override
    public int maxArguments() {
        return Integer.MAX_VALUE;
    }

    @Override
    public int run(Arguments arguments, Session session) {
        boolean force = arguments.flag("--force");
        Cluster cluster = session.namedCluster(arguments);
        List<Member> members = new Selection(session, cluster, RoleFilter.REPLICA)
                .chooseOrAsk(
                        arguments.wordsFrom(1),
                        force,
                        "Which member do you want to reinitialize",
                        "No replica among provided members");
        if (members.isEmpty()) {
            return 0;
        }
        Selection.confirm(session, force, "reinitialize", members);
        List<Member> started = new ArrayList<>();
        int status = MemberAction.onEach(session, members, member -> {
            if (reinitialize(session, member, force, arguments.flag("--from-leader"))) {
                started.add(member);
            }
        });
        if (arguments.flag("--wait")) {
            await(session, started);
        }
        return status;
    }

    private static boolean reinitialize(Session session, Member member, boolean force, boolean fromLeader)
            throws IOException {
        RestClient.Answer answer = session.rest().post(member, "/reinitialize", body(force, fromLeader));
        boolean done = report(session, member, answer);
        if (!done
                && !force
                && answer.body().endsWith(" already in progress")
                && session.console().confirm("Do you want to cancel it and reinitialize anyway?")) {
            return report(session, member, session.rest().post(member, "/reinitialize", body(true, fromLeader)));
        }
        return done;
    }

    private static Map<String, Object> body(boolean force, boolean fromLeader) {
        Map<String, Object> body = new LinkedHashMap<>();
        body.put("force", force);
        body.put("from_leader", fromLeader);
        return body;
    }

    private static boolean report(Session session, Member member, RestClient.Answer answer) {
        boolean done = answer.status() == 200;
        session.console()
                .line(
                        done
                                ? "Success: reinitialize for member " + member.name()
                                : MemberAction.failed("reinitialize", member, answer));
        return done;
    }

    private static void await(Session session, List<Member> started) {
        List<Member> waiting = new ArrayList<>(started);
        var seenCopying = new TreeSet<MemberName>();
        int looks = 0;
        boolean changed = true;
        while (!waiting.isEmpty()) {
            if (changed) {
                session.console().line("Waiting for reinitialize to complete on: " + Selection.joined(waiting));
            }
            session.pause(POLL);
            looks++;
            changed = false;
            for (Member member : List.copyOf(waiting)) {
                String state = state(session, member);
                if (state.equals(COPYING)) {
                    seenCopying.add(member.name());
                } else if (!state.isEmpty() && (seenCopying.contains(member.name()) || looks >= PATIENCE)) {
                    session.console().line("Reinitialize is completed on: " + member.name());
                    changed = waiting.remove(member);
                }
            }
        }
    }

    /** The member's state; empty while it cannot be asked. */
    private static String state(Session session, Member member) {
        try {
            return Json.object(session.rest().get(member, "/patroni").body())
                    .map(status -> status.get("state"))
                    .filter(String.class::isInstance)
                    .map(String.class::cast)
                    .orElse("");
        } catch (IOException e) {
            session.log("DEBUG", e.getMessage());
            return "";
        }
    }
}

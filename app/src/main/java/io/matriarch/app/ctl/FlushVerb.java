package io.matriarch.app.ctl;

import io.matriarch.app.config.Trees;
import io.matriarch.app.store.ClusterCodec;
import io.matriarch.domain.cluster.Member;
import io.matriarch.ports.dcs.Change;
import io.matriarch.ports.dcs.StoreKey;
import java.io.IOException;
import java.util.List;

/** {@code flush}: takes back what has been scheduled. */
final class FlushVerb implements Verb {

    private static final List<String> TARGETS = List.of("restart", "switchover");
    private static final String TARGET = "{restart|switchover}";

    @Override
    public String synopsis() {
        return "[OPTIONS] CLUSTER_NAME [MEMBER_NAMES]... " + TARGET;
    }

    @Override
    public String description() {
        return "Discard scheduled events";
    }

    @Override
    public List<Option> options() {
        return List.of(Option.GROUP, Option.ROLE, Option.FORCE);
    }

    @Override
    public int maxArguments() {
        return Integer.MAX_VALUE;
    }

    @Override
    public int run(Arguments arguments, Session session) {
        RoleFilter role = arguments.role().orElse(RoleFilter.ANY);
        List<String> words = arguments.words();
        if (words.size() < 2) {
            throw UsageException.missingArgument(words.isEmpty() ? "CLUSTER_NAME" : TARGET);
        }
        String target = words.getLast();
        if (!TARGETS.contains(target)) {
            throw new UsageException(
                    "Invalid value for '" + TARGET + "': '" + target + "' is not one of 'restart', 'switchover'.");
        }
        Cluster cluster = session.namedCluster(arguments);
        return target.equals("restart")
                ? flushRestarts(session, cluster, role, words.subList(1, words.size() - 1), arguments.flag("--force"))
                : flushSwitchover(session, cluster);
    }

    private static int flushRestarts(
            Session session, Cluster cluster, RoleFilter role, List<String> names, boolean force) {
        Selection selection = new Selection(session, cluster, role);
        List<Member> members = selection.choose(names, selection.noneOfRole());
        Selection.confirm(session, force, "flush", members);
        return MemberAction.onEach(session, members, member -> {
            if (Trees.mapAt(cluster.document(member.name()), "scheduled_restart")
                    .isEmpty()) {
                session.console().line("No scheduled restart for member " + member.name());
            } else {
                report(session, member, session.rest().delete(member, "/restart"));
            }
        });
    }

    static void report(Session session, Member member, RestClient.Answer answer) {
        session.console()
                .line(
                        answer.status() == 200
                                ? "Success: flush scheduled restart for member " + member.name()
                                : MemberAction.failed("flush scheduled restart", member, answer));
    }

    private static int flushSwitchover(Session session, Cluster cluster) {
        boolean scheduled = cluster.view()
                .request()
                .filter(request -> request.scheduledAt().isPresent()
                        || request.scheduleText().isPresent())
                .isPresent();
        if (!scheduled) {
            session.console().line("No pending scheduled switchover");
            return 0;
        }
        for (Member member : cluster.reachable()) {
            try {
                RestClient.Answer answer = session.rest().delete(member, "/switchover");
                switch (answer.status()) {
                    case 200 -> {
                        session.console().line("Success: scheduled switchover deleted");
                        return 0;
                    }
                    case 404 -> {
                        session.console().line("Failed: no switchover is scheduled");
                        return 0;
                    }
                    default ->
                        session.console()
                                .line("Failed: member=" + member.name() + ", status_code=" + answer.status() + ", ("
                                        + answer.body() + ")");
                }
            } catch (IOException e) {
                session.log("WARNING", e.getMessage());
            }
        }
        session.log("WARNING", "Failing over to DCS");
        session.console()
                .line(session.stamp().fine() + " Could not find any accessible member of cluster " + cluster.name());
        session.writeOrFail(cluster, Change.NONE.put(StoreKey.FAILOVER, ClusterCodec.NO_REQUEST));
        return 0;
    }
}

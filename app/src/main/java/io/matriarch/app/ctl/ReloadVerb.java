package io.matriarch.app.ctl;

import io.matriarch.app.config.Trees;
import io.matriarch.domain.cluster.Member;
import java.util.List;

/** {@code reload}: members read their configuration files again. */
final class ReloadVerb implements Verb {

    @Override
    public String synopsis() {
        return "[OPTIONS] CLUSTER_NAME [MEMBER_NAMES]...";
    }

    @Override
    public String description() {
        return "Reload cluster member configuration";
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
        Cluster cluster = session.namedCluster(arguments);
        Selection selection = new Selection(session, cluster, role);
        List<Member> members = selection.choose(arguments.wordsFrom(1), selection.noneOfRole());
        Selection.confirm(session, arguments.flag("--force"), "reload", members);
        return MemberAction.onEach(session, members, member -> {
            RestClient.Answer answer = session.rest().post(member, "/reload");
            session.console()
                    .line(
                            switch (answer.status()) {
                                case 200 -> "No changes to apply on member " + member.name();
                                case 202 ->
                                    "Reload request received for member " + member.name()
                                            + " and will be processed within " + Trees.text(cluster.loopWait())
                                            + " seconds";
                                default -> MemberAction.failed("reload", member, answer);
                            });
        });
    }
}

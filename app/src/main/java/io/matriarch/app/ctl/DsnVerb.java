package io.matriarch.app.ctl;

import io.matriarch.app.store.MemberUrls;
import io.matriarch.domain.cluster.Member;
import java.util.List;
import java.util.Optional;

/** {@code dsn}: where to connect to. */
final class DsnVerb implements Verb {

    @Override
    public String synopsis() {
        return "[OPTIONS] [CLUSTER_NAME]";
    }

    @Override
    public String description() {
        return "Generate a dsn for the provided member, defaults to a dsn of the leader";
    }

    @Override
    public List<Option> options() {
        return List.of(
                Option.GROUP, Option.ROLE, Option.of("TEXT", "Generate a dsn for this member", "-m", "--member"));
    }

    @Override
    public int maxArguments() {
        return 1;
    }

    @Override
    public int run(Arguments arguments, Session session) {
        Optional<String> name = arguments.text("--member");
        Optional<RoleFilter> role = arguments.role();
        if (name.isPresent() && role.isPresent()) {
            throw new CtlException("--role and --member are mutually exclusive options");
        }
        Cluster cluster = session.cluster(arguments);
        MemberUrls.HostPort target = find(cluster, name, role.orElse(RoleFilter.LEADER))
                .flatMap(Member::connUrl)
                .flatMap(MemberUrls::ofConnUrl)
                .orElseThrow(() -> new CtlException("Can not find a suitable member"));
        session.console().line("host=" + target.host() + " port=" + target.port());
        return 0;
    }

    /** The member of that name, else the first with the role. */
    static Optional<Member> find(Cluster cluster, Optional<String> name, RoleFilter role) {
        return name.isPresent()
                ? cluster.member(name.get())
                : cluster.members(role).stream().findFirst();
    }
}

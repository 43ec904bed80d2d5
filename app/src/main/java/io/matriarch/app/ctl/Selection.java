package io.matriarch.app.ctl;

import io.matriarch.domain.cluster.Member;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** Which members an action is for: table, names, question. The same for reload, restart, reinit and flush. */
final class Selection {

    private final Session session;
    private final Cluster cluster;
    private final RoleFilter role;

    Selection(Session session, Cluster cluster, RoleFilter role) {
        this.session = session;
        this.cluster = cluster;
        this.role = role;
    }

    /** Everybody with the role, or those of them that are named; shows the cluster, asks nothing. */
    List<Member> choose(List<String> names, String noneMatches) {
        List<Member> candidates = candidates(names);
        return names.isEmpty() ? candidates : named(candidates, names, noneMatches);
    }

    /** As {@link #choose}, but without names it asks for one; with {@code force} nobody is asked and nobody chosen. */
    List<Member> chooseOrAsk(List<String> names, boolean force, String question, String noneMatches) {
        List<Member> candidates = candidates(names);
        if (!names.isEmpty()) {
            return named(candidates, names, noneMatches);
        }
        if (force) {
            return List.of();
        }
        String name = session.console().ask(question + " [" + joined(candidates) + "]?", Optional.of(""));
        List<Member> chosen = candidates.stream()
                .filter(member -> member.name().value().equals(name))
                .toList();
        if (chosen.isEmpty()) {
            throw new CtlException(name + " is not a member of cluster");
        }
        return chosen;
    }

    private List<Member> candidates(List<String> names) {
        List<Member> candidates = cluster.members(role);
        if (candidates.isEmpty() && names.isEmpty()) {
            throw new CtlException(cluster.name() + " cluster doesn't have any members");
        }
        ClusterTable.print(session.console(), cluster, Format.PRETTY, false);
        return candidates;
    }

    private List<Member> named(List<Member> candidates, List<String> names, String noneMatches) {
        List<Member> chosen = candidates.stream()
                .filter(member -> names.contains(member.name().value()))
                .toList();
        if (chosen.isEmpty()) {
            throw new CtlException(noneMatches);
        }
        for (String name : names) {
            if (cluster.member(name).isEmpty()) {
                session.log("WARNING", name + " is not a member of cluster " + cluster.name());
            }
        }
        return chosen;
    }

    String noneOfRole() {
        return "No '" + role.text() + "' among provided members";
    }

    /** {@code a, b}. */
    static String joined(List<Member> members) {
        return members.stream().map(member -> member.name().value()).collect(Collectors.joining(", "));
    }

    /** The question before an action on members. */
    static void confirm(Session session, boolean force, String action, List<Member> members) {
        if (!force
                && !session.console()
                        .confirm("Are you sure you want to " + action + " members " + joined(members) + "?")) {
            throw new CtlException("Aborted " + action);
        }
    }
}

package io.matriarch.app.ctl;

import io.matriarch.app.config.Trees;
import io.matriarch.app.store.PostgresVersion;
import io.matriarch.domain.cluster.Member;
import java.io.IOException;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;

/** {@code restart}: members restart their server, now or later, if conditions hold. */
final class RestartVerb implements Verb {

    @Override
    public String synopsis() {
        return "[OPTIONS] CLUSTER_NAME [MEMBER_NAMES]...";
    }

    @Override
    public String description() {
        return "Restart cluster member";
    }

    @Override
    public List<Option> options() {
        return List.of(
                Option.GROUP,
                Option.ROLE,
                Option.flag("Restart a single member only", "--any"),
                Option.of(
                        "TEXT",
                        "Timestamp of a scheduled restart in unambiguous format (e.g. ISO 8601)",
                        "--scheduled"),
                Option.of(
                        "TEXT", "Restart if the PostgreSQL version is less than provided (e.g. 9.5.2)", "--pg-version"),
                Option.flag("Restart if pending", "--pending"),
                Option.of(
                        "TEXT",
                        "Return error and fail over if necessary when restarting takes longer than this",
                        "--timeout"),
                Option.FORCE);
    }

    @Override
    public int maxArguments() {
        return Integer.MAX_VALUE;
    }

    @Override
    public int run(Arguments arguments, Session session) {
        boolean force = arguments.flag("--force");
        boolean pending = arguments.flag("--pending");
        RoleFilter role = arguments.role().orElse(RoleFilter.ANY);
        Cluster cluster = session.namedCluster(arguments);
        Selection selection = new Selection(session, cluster, role);
        List<Member> chosen = selection.choose(arguments.wordsFrom(1), selection.noneOfRole());
        Optional<Instant> at =
                Schedule.ask(session, arguments, "restart", session.stamp().inAnHour());
        List<Member> members = narrowed(cluster, chosen, arguments.flag("--any"), pending && at.isEmpty());
        if (!force) {
            confirm(session, members, at, pending);
        }
        Map<String, Object> conditions = new LinkedHashMap<>();
        if (pending) {
            conditions.put("restart_pending", true);
        }
        version(session, arguments, force).ifPresent(version -> conditions.put("postgres_version", version));
        if (at.isPresent()) {
            if (cluster.isPaused()) {
                throw new CtlException("Can't schedule restart in the paused state");
            }
            conditions.put("schedule", session.stamp().iso(at.get()));
        }
        arguments.text("--timeout").ifPresent(timeout -> conditions.put("timeout", timeout));
        return MemberAction.onEach(session, members, member -> {
            boolean replaced = force
                    && at.isPresent()
                    && !Trees.mapAt(cluster.document(member.name()), "scheduled_restart")
                            .isEmpty();
            restart(session, member, conditions, replaced);
        });
    }

    private static List<Member> narrowed(Cluster cluster, List<Member> chosen, boolean any, boolean pendingOnly) {
        List<Member> members = pendingOnly
                ? chosen.stream()
                        .filter(member ->
                                Trees.truthy(cluster.document(member.name()).get("pending_restart")))
                        .toList()
                : chosen;
        return any && members.size() > 1
                ? List.of(members.get(ThreadLocalRandom.current().nextInt(members.size())))
                : members;
    }

    private static void confirm(Session session, List<Member> members, Optional<Instant> at, boolean pending) {
        if (at.isEmpty()) {
            Selection.confirm(session, false, "restart", members);
            return;
        }
        String question = pending
                ? "The nodes needing a restart will be identified at the scheduled time, and might be different from the"
                        + " ones showing pending restart right now. Is this fine?"
                : "Are you sure you want to schedule restart of members " + Selection.joined(members) + " at "
                        + session.stamp().withZone(at.get()) + "?";
        if (!session.console().confirm(question)) {
            throw new CtlException("Aborted scheduled restart");
        }
    }

    private static Optional<String> version(Session session, Arguments arguments, boolean force) {
        Optional<String> version = arguments.text("--pg-version");
        if (version.isEmpty() && !force) {
            version = Optional.of(session.console()
                    .ask("Restart if the PostgreSQL version is less than provided (e.g. 9.5.2) ", Optional.of("")));
        }
        version = version.filter(text -> !text.isEmpty());
        version.filter(text -> PostgresVersion.parse(text).isEmpty()).ifPresent(text -> {
            throw new CtlException("Invalid PostgreSQL version format: X.Y or X.Y.Z is accepted: " + text);
        });
        return version;
    }

    private static void restart(Session session, Member member, Map<String, Object> conditions, boolean replaced)
            throws IOException {
        if (replaced) {
            RestClient.Answer deleted = session.rest().delete(member, "/restart");
            if (deleted.status() != 200) {
                FlushVerb.report(session, member, deleted);
            }
        }
        RestClient.Answer answer = session.rest().post(member, "/restart", conditions);
        session.console()
                .line(
                        switch (answer.status()) {
                            case 200 -> "Success: restart on member " + member.name();
                            case 202 -> "Success: restart scheduled on member " + member.name();
                            case 409 -> "Failed: another restart is already scheduled on member " + member.name();
                            default -> MemberAction.failed("restart", member, answer);
                        });
    }
}

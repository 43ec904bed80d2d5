package io.matriarch.app.ctl;

import io.matriarch.domain.cluster.Member;
import io.matriarch.domain.cluster.Role;
import java.io.IOException;
import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** {@code demote-cluster} and {@code promote-cluster}: begins and ends that the whole cluster follows another one. */
final class StandbyVerb implements Verb {

    private static final Duration POLL = Duration.ofSeconds(1);

    private final boolean demote;

    StandbyVerb(boolean demote) {
        this.demote = demote;
    }

    @Override
    public String synopsis() {
        return "[OPTIONS] [CLUSTER_NAME]";
    }

    @Override
    public String description() {
        return demote ? "Demote cluster to a standby cluster" : "Promote cluster, make it run standalone";
    }

    @Override
    public List<Option> options() {
        return demote
                ? List.of(
                        Option.of("TEXT", "Address of the remote node", "--host"),
                        Option.of("INTEGER", "Port of the remote node", "--port"),
                        Option.of(
                                "TEXT", "Command to restore WAL records from the remote primary", "--restore-command"),
                        Option.of(
                                "TEXT",
                                "Name of the slot on the remote node to use for replication",
                                "--primary-slot-name"),
                        Option.FORCE)
                : List.of(Option.FORCE);
    }

    @Override
    public int maxArguments() {
        return 1;
    }

    @Override
    public int run(Arguments arguments, Session session) {
        Map<String, Object> section = new LinkedHashMap<>();
        if (demote) {
            arguments.text("--host").ifPresent(value -> section.put("host", value));
            arguments.integer("--port").ifPresent(value -> section.put("port", value));
            arguments.text("--restore-command").ifPresent(value -> section.put("restore_command", value));
            if (section.isEmpty()) {
                throw new CtlException("At least --host, --port or --restore-command should be specified");
            }
            arguments.text("--primary-slot-name").ifPresent(value -> section.put("primary_slot_name", value));
        }
        Cluster cluster = session.load(session.requiredCluster(arguments.word(0)), Optional.empty());
        String noun = demote ? "demotion" : "promotion";
        String verb = demote ? "demote" : "promote";
        Member leader = cluster.view()
                .leaderName()
                .flatMap(cluster.view()::member)
                .orElseThrow(() -> new CtlException("Cluster has no leader, " + noun + " is not possible"));
        if (leader.role().filter(wanted()::equals).isPresent()) {
            throw new CtlException("Cluster is already in the required state");
        }
        session.console().line("Current cluster topology");
        ClusterTable.print(session.console(), cluster, Format.PRETTY, false);
        if (!arguments.flag("--force")
                && !session.console()
                        .confirm("Are you sure you want to " + verb + " " + cluster.name() + " cluster?")) {
            throw new CtlException("Aborted cluster " + noun);
        }
        String failure = "Failed to " + verb + " " + cluster.name() + " cluster: ";
        try {
            Map<String, Object> patch = Collections.singletonMap("standby_cluster", demote ? section : null);
            RestClient.Answer answer = session.rest().patch(leader, "/config", patch);
            if (answer.status() != 200) {
                throw new CtlException(failure + "status code=" + answer.status() + ", (" + answer.body() + ")");
            }
        } catch (IOException e) {
            throw new CtlException(failure + e.getMessage(), e);
        }
        await(session, cluster, leader);
        return 0;
    }

    private Role wanted() {
        return demote ? Role.STANDBY_LEADER : Role.PRIMARY;
    }

    private void await(Session session, Cluster before, Member oldLeader) {
        while (true) {
            session.pause(POLL);
            Cluster now = session.reload(before);
            Optional<Member> leader = now.view().leaderName().flatMap(now.view()::member);
            Optional<Member> former = now.view().member(oldLeader.name());
            boolean changed = demote
                    && leader.filter(member -> !member.name().equals(oldLeader.name()))
                            .isPresent();
            boolean done = leader.filter(member -> member.isRunning()
                                    && member.role().filter(wanted()::equals).isPresent())
                            .isPresent()
                    && (!changed || former.filter(Member::isRunning).isPresent());
            session.console()
                    .line(session.stamp().seconds() + " cluster is unlocked: "
                            + (now.view().isLocked() ? "False" : "True")
                            + ", leader role: "
                            + leader.flatMap(Member::role).map(Role::text).orElse("None")
                            + ", leader state: " + leader.map(Member::state).orElse("None")
                            + (changed
                                    ? ", previous leader state: '"
                                            + former.map(Member::state).orElse("None") + "'"
                                    : ""));
            if (done) {
                session.console()
                        .line(session.stamp().fine() + " cluster is successfully " + (demote ? "demoted" : "promoted"));
                ClusterTable.print(session.console(), now, Format.PRETTY, false);
                return;
            }
        }
    }
}

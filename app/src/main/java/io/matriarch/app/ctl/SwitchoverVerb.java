package io.matriarch.app.ctl;

import io.matriarch.app.store.ClusterCodec;
import io.matriarch.domain.cluster.Member;
import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.cluster.Revision;
import io.matriarch.domain.cluster.SwitchoverRequest;
import io.matriarch.ports.dcs.Change;
import io.matriarch.ports.dcs.StoreKey;
import java.io.IOException;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** {@code switchover} and {@code failover}: another member becomes the leader. */
final class SwitchoverVerb implements Verb {

    private final boolean failover;

    SwitchoverVerb(boolean failover) {
        this.failover = failover;
    }

    /** What the operator wants, once everything has been asked. */
    private record Wish(Optional<String> leader, String candidate, Optional<Instant> at) {}

    @Override
    public String synopsis() {
        return "[OPTIONS] [CLUSTER_NAME]";
    }

    @Override
    public String description() {
        return failover ? "Failover to a replica" : "Switchover to a replica";
    }

    @Override
    public List<Option> options() {
        Option candidate = Option.of("TEXT", "The name of the candidate", "--candidate");
        return failover
                ? List.of(Option.GROUP, candidate, Option.FORCE)
                : List.of(
                        Option.GROUP,
                        Option.of("TEXT", "The name of the current leader", "--primary", "--leader"),
                        candidate,
                        Option.of(
                                "TEXT",
                                "Timestamp of a scheduled switchover in unambiguous format (e.g. ISO 8601)",
                                "--scheduled"),
                        Option.FORCE);
    }

    @Override
    public int maxArguments() {
        return 1;
    }

    private String action() {
        return failover ? "failover" : "switchover";
    }

    @Override
    public int run(Arguments arguments, Session session) {
        boolean force = arguments.flag("--force");
        Cluster cluster = session.cluster(arguments);
        Console console = session.console();
        console.line("Current cluster topology");
        ClusterTable.print(console, cluster, Format.PRETTY, false);
        Optional<String> holder = cluster.view().leaderName().map(MemberName::value);
        if (!failover) {
            checkLeader(arguments, session, cluster, holder, force);
        }
        String candidate = candidate(arguments, console, cluster, holder, force);
        if (failover
                && !force
                && cluster.isSynchronous()
                && cluster.view().sync().leader().isPresent()
                && !cluster.view().sync().includes(new MemberName(candidate))
                && !console.confirm("Are you sure you want to failover to the asynchronous node " + candidate + "?")) {
            throw new CtlException("Aborting failover");
        }
        Optional<Instant> at = failover
                ? Optional.empty()
                : Schedule.ask(session, arguments, "switchover", session.stamp().inAnHour() + " ");
        if (at.isPresent() && cluster.isPaused()) {
            throw new CtlException("Can't schedule switchover in the paused state");
        }
        if (!force) {
            confirm(session, cluster, holder, at);
        }
        carryOut(session, cluster, new Wish(holder, candidate, at));
        return 0;
    }

    private static void checkLeader(
            Arguments arguments, Session session, Cluster cluster, Optional<String> holder, boolean force) {
        String current = holder.orElseThrow(() -> new CtlException("This cluster has no leader"));
        String title = cluster.leaderIsStandby() ? "Standby Leader" : "Primary";
        String leader = arguments
                .text("--leader")
                .orElseGet(() -> force ? current : session.console().ask(title, holder));
        if (!leader.equals(current)) {
            throw new CtlException("Member " + leader + " is not the leader of cluster " + cluster.name());
        }
    }

    /** The candidate's name; empty for anybody. */
    private String candidate(
            Arguments arguments, Console console, Cluster cluster, Optional<String> holder, boolean force) {
        List<String> candidates = cluster.view().members().stream()
                .filter(member -> !cluster.isLeader(member) && !member.tags().nofailover())
                .map(member -> member.name().value())
                .toList();
        if (candidates.isEmpty()) {
            throw new CtlException("No candidates found to " + action() + " to");
        }
        String quoted = candidates.stream().collect(Collectors.joining("', '", "['", "']"));
        String candidate = arguments
                .text("--candidate")
                .orElseGet(() -> force ? "" : console.ask("Candidate " + quoted, Optional.of("")));
        if (candidate.isEmpty()) {
            if (failover) {
                throw new CtlException("Failover could be performed only to a specific candidate");
            }
            return candidate;
        }
        if (holder.filter(candidate::equals).isPresent()) {
            throw new CtlException("Member " + candidate + " is already the leader of cluster " + cluster.name());
        }
        if (!candidates.contains(candidate)) {
            throw new CtlException("Member " + candidate + " does not exist in cluster " + cluster.name()
                    + " or is tagged as nofailover");
        }
        return candidate;
    }

    private void confirm(Session session, Cluster cluster, Optional<String> holder, Optional<Instant> at) {
        String demoting =
                holder.map(name -> ", demoting current leader " + name).orElse("");
        String question = at.isPresent()
                ? "Are you sure you want to schedule " + action() + " of cluster " + cluster.name() + " at "
                        + session.stamp().iso(at.get()) + demoting + "?"
                : "Are you sure you want to " + action() + " cluster " + cluster.name() + demoting + "?";
        if (!session.console().confirm(question)) {
            throw new CtlException(at.isPresent() ? "Aborting scheduled " + action() : "Aborting " + action());
        }
    }

    private void carryOut(Session session, Cluster cluster, Wish wish) {
        Optional<RestClient.Answer> answer = Optional.empty();
        try {
            answer = Optional.of(post(session, cluster, wish));
        } catch (IOException e) {
            session.log("ERROR", e.getMessage());
        }
        if (answer.isEmpty()) {
            session.log("WARNING", "Failing over to DCS");
            session.console()
                    .line(session.stamp().fine() + " Could not " + action()
                            + " using Patroni api, falling back to DCS");
            session.writeOrFail(
                    cluster, Change.NONE.put(StoreKey.FAILOVER, ClusterCodec.encodeFailover(request(wish))));
        } else if (answer.get().status() == 200 || answer.get().status() == 202) {
            session.console().line(session.stamp().fine() + " " + answer.get().body());
        } else {
            String name = failover ? "Failover" : "Switchover";
            boolean unknown = answer.get().body().contains("status unknown");
            session.console()
                    .line(name + (unknown ? " result unknown" : " failed") + ", details: "
                            + answer.get().status() + ", " + answer.get().body());
            return;
        }
        ClusterTable.print(session.console(), session.reload(cluster), Format.PRETTY, false);
    }

    private RestClient.Answer post(Session session, Cluster cluster, Wish wish) throws IOException {
        Member target = wish.leader()
                .or(() -> Optional.of(wish.candidate()))
                .flatMap(cluster::member)
                .orElseThrow(() -> new IOException("the leader's address is not known"));
        Map<String, Object> body = new LinkedHashMap<>();
        body.put("candidate", wish.candidate().isEmpty() ? null : wish.candidate());
        if (failover) {
            return session.rest().post(target, "/failover", body);
        }
        body.put("leader", wish.leader().orElse(null));
        wish.at().ifPresent(at -> body.put("scheduled_at", session.stamp().iso(at)));
        RestClient.Answer answer = session.rest().post(target, "/switchover", body);
        // Members from before there was a switchover know the other name only.
        return answer.status() == 501 ? session.rest().post(target, "/failover", body) : answer;
    }

    private SwitchoverRequest request(Wish wish) {
        return new SwitchoverRequest(
                failover ? Optional.empty() : wish.leader().map(MemberName::new),
                Optional.of(wish.candidate()).filter(name -> !name.isEmpty()).map(MemberName::new),
                wish.at(),
                Optional.empty(),
                Revision.ABSENT);
    }
}

package io.matriarch.app.rest;

import io.matriarch.app.config.DynamicSettings;
import io.matriarch.app.config.DynamicSettings.SynchronousMode;
import io.matriarch.app.config.Trees;
import io.matriarch.domain.cluster.ClusterView;
import io.matriarch.domain.cluster.Member;
import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.cluster.Revision;
import io.matriarch.domain.cluster.SwitchoverRequest;
import io.matriarch.domain.ha.PeerAnswer;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * Whether what an operator asks for can be tried at all (rest-api §9). The first objection wins, and its text is what
 * tools match.
 *
 * @param cluster as just read
 * @param settings of the document just read
 * @param now what schedules are compared with
 * @param ask asks members how they are
 */
record SwitchoverCheck(
        ClusterView cluster, DynamicSettings settings, Instant now, Function<List<Member>, List<PeerAnswer>> ask) {

    /**
     * What passed.
     *
     * @param action {@code switchover} or {@code failover}
     */
    record Accepted(String action, SwitchoverRequest request) {}

    /**
     * Checks a request.
     *
     * @param asked the path it came to, {@code switchover} or {@code failover}
     * @throws RefusedException with code and text of the first objection
     */
    Accepted check(String asked, Map<String, Object> body) {
        Optional<String> leader = name(body, "leader");
        Optional<String> candidate = name(body, "candidate").or(() -> name(body, "member"));
        Object schedule = body.get("scheduled_at");
        boolean failover = asked.equals("failover");
        if (failover && candidate.isEmpty()) {
            throw new RefusedException(400, "Failover could be performed only to a specific candidate");
        }
        if (!failover && leader.isEmpty()) {
            throw new RefusedException(400, "Switchover could be performed only from a specific leader");
        }
        Optional<Instant> at = Optional.empty();
        if (Trees.truthy(schedule)) {
            if (failover) {
                throw new RefusedException(400, "Failover can't be scheduled");
            }
            if (settings.paused()) {
                throw new RefusedException(400, "Can't schedule switchover in the paused state");
            }
            at = Optional.of(Schedules.future(schedule, "switchover", now));
        }
        if (settings.paused() && candidate.isEmpty()) {
            throw new RefusedException(400, "Switchover is possible only to a specific candidate in a paused state");
        }
        String action = failover && leader.isEmpty() ? "failover" : "switchover";
        if (leader.isPresent() && leader.equals(candidate)) {
            throw new RefusedException(400, "Switchover target and source are the same");
        }
        var request = new SwitchoverRequest(
                leader.map(SwitchoverCheck::memberName),
                candidate.map(SwitchoverCheck::memberName),
                at,
                Optional.empty(),
                Revision.ABSENT);
        if (at.isEmpty()) {
            possible(action, request);
        }
        return new Accepted(action, request);
    }

    private void possible(String action, SwitchoverRequest request) {
        if (request.leader().isPresent() && !request.leader().equals(cluster.leaderName())) {
            throw new RefusedException(412, "leader name does not match");
        }
        boolean sync = settings.synchronousMode() == SynchronousMode.ON;
        List<Member> examined = request.candidate().isPresent()
                ? candidate(action, request.candidate().get(), sync)
                : others(sync);
        boolean good = ask.apply(examined).stream()
                .anyMatch(answer -> answer instanceof PeerAnswer.Reachable reachable
                        && !reachable.watchdogFailed()
                        && !reachable.tags().nofailover()
                        && !nofailover(reachable.name()));
        if (!good) {
            throw new RefusedException(412, action + " is not possible: no good candidates have been found");
        }
    }

    private boolean nofailover(MemberName name) {
        return cluster.member(name).filter(member -> member.tags().nofailover()).isPresent();
    }

    private List<Member> candidate(String action, MemberName name, boolean sync) {
        if (action.equals("switchover") && sync && !cluster.sync().lists(name)) {
            throw new RefusedException(412, "candidate name does not match with sync_standby");
        }
        return cluster.member(name)
                .map(List::of)
                .orElseThrow(() -> new RefusedException(412, "candidate does not exists"));
    }

    private List<Member> others(boolean sync) {
        List<Member> others = cluster.members().stream()
                .filter(member -> !cluster.leaderName().equals(Optional.of(member.name())))
                .toList();
        if (!sync) {
            if (others.isEmpty()) {
                throw new RefusedException(
                        412, "switchover is not possible: cluster does not have members except leader");
            }
            return others;
        }
        List<Member> synchronous = others.stream()
                .filter(member -> cluster.sync().lists(member.name()))
                .toList();
        if (synchronous.isEmpty()) {
            throw new RefusedException(412, "switchover is not possible: can not find sync_standby");
        }
        return synchronous;
    }

    private static Optional<String> name(Map<String, Object> body, String key) {
        return Optional.ofNullable(body.get(key)).filter(Trees::truthy).map(Trees::text);
    }

    private static MemberName memberName(String text) {
        try {
            return new MemberName(text);
        } catch (IllegalArgumentException e) {
            throw new RefusedException(400, "Bad Request");
        }
    }
}

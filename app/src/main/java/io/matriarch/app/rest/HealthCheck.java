package io.matriarch.app.rest;

import io.matriarch.app.config.Trees;
import io.matriarch.app.config.ValueParser;
import io.matriarch.domain.cluster.Role;
import io.matriarch.domain.postgres.Lsn;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;

/**
 * Which code a health check gets (rest-api §4).
 *
 * @param standing where the member stands by its last turn
 * @param locked whether the lease lets us say at this very moment that we lead (SAF-062)
 * @param viewed whether the last read of the store succeeded, is young enough and was not empty
 */
record HealthCheck(Standing standing, boolean locked, boolean viewed) {

    /** Whether the path's check passes. */
    boolean passes(String path, Query query) {
        // Selection by parts of the path in this order is what load balancers' configurations rely on.
        if (path.contains("standby_leader") || path.contains("standby-leader")) {
            return standbyLeader();
        }
        if (path.contains("leader")) {
            return leader();
        }
        if (path.equals("/") || path.contains("master") || path.contains("primary") || path.contains("read-write")) {
            return primary();
        }
        return readOnly(path, query) && tagsMatch(query);
    }

    private boolean readOnly(String path, Query query) {
        if (path.contains("replica")) {
            return replica(query);
        }
        if (path.contains("read-only") && !path.contains("sync") && !path.contains("quorum")) {
            return primary() || standbyLeader() || replica(query);
        }
        if (path.contains("health")) {
            return standing.isRunning();
        }
        if (!viewed) {
            return false;
        }
        return switch (path) {
            case "/sync", "/synchronous" -> standing.sync() && replica(query);
            case "/quorum" -> standing.quorumMember() && replica(query);
            case "/async", "/asynchronous" -> !standing.listed() && replica(query);
            case "/read-only-quorum" -> primary() || standbyLeader() || standing.quorumMember() && replica(query);
            case "/read-only-sync", "/read-only-synchronous" ->
                primary() || standbyLeader() || standing.sync() && replica(query);
            default -> false;
        };
    }

    /** Without the store and paused, the role counts: nobody else decides anything then. */
    private boolean byRole() {
        return !viewed && standing.paused();
    }

    boolean leader() {
        return byRole() ? standing.role() == Role.PRIMARY || standing.role() == Role.STANDBY_LEADER : locked;
    }

    boolean primary() {
        return byRole() ? standing.role() == Role.PRIMARY : locked && !standing.standbyCluster();
    }

    boolean standbyLeader() {
        if (byRole()) {
            return standing.role() == Role.STANDBY_LEADER;
        }
        return locked
                && standing.standbyCluster()
                && (standing.role() == Role.REPLICA || standing.role() == Role.STANDBY_LEADER);
    }

    private boolean replica(Query query) {
        return standing.role() == Role.REPLICA
                && standing.isRunning()
                && !standing.tags().noloadbalance()
                && !(locked && standing.standbyCluster())
                && !lags(query)
                && query.get("replication_state")
                        .map(wanted -> standing.replicationState()
                                .filter(wanted::equals)
                                .isPresent())
                        .orElse(true);
    }

    private boolean lags(Query query) {
        OptionalLong limit =
                query.get("lag").map(text -> ValueParser.integer(text, "B")).orElse(OptionalLong.empty());
        return limit.isPresent() && lag(standing.replayed()) > limit.getAsLong();
    }

    private long lag(Lsn position) {
        return standing.leaderPosition().lagBytes(position);
    }

    private boolean tagsMatch(Query query) {
        if (query.isEmpty()) {
            return true;
        }
        Map<String, Object> published = standing.tags().published();
        return query.parameters().entrySet().stream()
                .filter(parameter -> parameter.getKey().startsWith("tag_"))
                .allMatch(parameter -> {
                    Object value = published.get(parameter.getKey().substring("tag_".length()));
                    return value != null && tagText(value).equals(parameter.getValue());
                });
    }

    private static String tagText(Object value) {
        return value instanceof String text ? text : Trees.text(value).toLowerCase(Locale.ROOT);
    }

    /**
     * {@code /readiness} (rest-api §4.7).
     *
     * @param failsafe whether failsafe mode keeps the cluster going
     * @param defaultLag bytes, where the query says none
     */
    boolean ready(Query query, boolean failsafe, long defaultLag) {
        if (locked) {
            return true;
        }
        if (!standing.isRunning()
                || standing.replicationState().filter("streaming"::equals).isEmpty()) {
            return false;
        }
        if (!viewed && !standing.knowsLatestEnd()) {
            return failsafe;
        }
        Lsn position =
                query.get("mode").filter("write"::equals).isPresent() ? standing.received() : standing.replayed();
        long limit = query.get("lag")
                .map(text -> ValueParser.integer(text, "B"))
                .orElse(OptionalLong.empty())
                .orElse(defaultLag);
        return lag(position) <= limit;
    }
}

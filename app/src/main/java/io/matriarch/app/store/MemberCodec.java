package io.matriarch.app.store;

import io.matriarch.app.config.Json;
import io.matriarch.app.config.Trees;
import io.matriarch.domain.cluster.Member;
import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.cluster.RestartFilters;
import io.matriarch.domain.cluster.Role;
import io.matriarch.domain.cluster.ScheduledRestart;
import io.matriarch.domain.cluster.Tags;
import io.matriarch.domain.postgres.Lsn;
import io.matriarch.domain.postgres.PostgresView.PendingParameter;
import io.matriarch.domain.postgres.Timeline;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The member's key. A field of the wrong type reads as absent: one member's nonsense must not blind the others. */
final class MemberCodec {

    private MemberCodec() {}

    /** The key's fields as they stand; the URLs only where the value has the oldest form; empty for garbage. */
    static Map<String, Object> document(String text) {
        return text.startsWith("postgres")
                ? legacyDocument(text)
                : Json.object(text).orElse(Map.of());
    }

    /** {@code postgres://…?application_name=<api_url>}, from before members wrote JSON. */
    private static Map<String, Object> legacyDocument(String text) {
        Map<String, Object> document = new LinkedHashMap<>();
        int question = text.indexOf('?');
        document.put("conn_url", question < 0 ? text : text.substring(0, question));
        for (String pair :
                question < 0 ? new String[0] : text.substring(question + 1).split("&")) {
            if (pair.startsWith("application_name=")) {
                apiUrl(pair.substring("application_name=".length())).ifPresent(url -> document.put("api_url", url));
            }
        }
        return document;
    }

    private static Optional<String> apiUrl(String encoded) {
        try {
            return Optional.of(URLDecoder.decode(encoded, StandardCharsets.UTF_8));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    static Member decode(MemberName name, String text) {
        Map<String, Object> document = document(text);
        return new Member(
                name,
                Fields.text(document, "conn_url"),
                Fields.text(document, "api_url"),
                Fields.text(document, "state").orElse(""),
                Fields.text(document, "role").flatMap(Role::parse),
                Fields.text(document, "version"),
                tags(Trees.mapAt(document, "tags")),
                Fields.lsn(document, "xlog_location"),
                Fields.lsn(document, "receive_lsn"),
                Fields.lsn(document, "replay_lsn"),
                Fields.text(document, "replication_state"),
                Fields.integer(document, "timeline").map(Timeline::new).orElse(Timeline.UNKNOWN),
                Boolean.FALSE.equals(document.get("checkpoint_after_promote")),
                pending(document),
                Boolean.TRUE.equals(document.get("pause")),
                Trees.asMap(document.get("scheduled_restart")).flatMap(MemberCodec::scheduled),
                Fields.text(document, "proxy_url"));
    }

    /** Tags as a member publishes them: the boolean one wins over its priority twin (CFG-086). */
    static Tags tags(Map<String, Object> published) {
        int failoverPriority = Fields.integer(published, "failover_priority").orElse(1);
        int syncPriority = Fields.integer(published, "sync_priority").orElse(1);
        return new Tags(
                published.containsKey("nofailover") ? Trees.truthy(published.get("nofailover")) : failoverPriority <= 0,
                failoverPriority,
                Trees.truthy(published.get("noloadbalance")),
                Trees.truthy(published.get("clonefrom")),
                published.containsKey("nosync") ? Trees.truthy(published.get("nosync")) : syncPriority <= 0,
                syncPriority,
                Fields.name(published, "replicatefrom"),
                Trees.truthy(published.get("nostream")),
                published);
    }

    /** Members before 4.1 say only that something is pending: that is an entry without a name. */
    private static List<PendingParameter> pending(Map<String, Object> document) {
        if (!Trees.truthy(document.get("pending_restart"))) {
            return List.of();
        }
        List<PendingParameter> pending = new ArrayList<>();
        Trees.mapAt(document, "pending_restart_reason").forEach((name, change) -> {
            Map<String, Object> values = Trees.asMap(change).orElse(Map.of());
            pending.add(new PendingParameter(name, valueText(values, "old_value"), valueText(values, "new_value")));
        });
        return pending.isEmpty() ? List.of(new PendingParameter("", "", "")) : pending;
    }

    private static String valueText(Map<String, Object> values, String key) {
        Object value = values.get(key);
        return value == null ? "" : Trees.text(value);
    }

    static Optional<ScheduledRestart> scheduled(Map<String, Object> document) {
        return Fields.text(document, "schedule")
                .flatMap(IsoTime::parse)
                .map(at -> new ScheduledRestart(
                        at,
                        Fields.text(document, "postmaster_start_time").orElse(""),
                        new RestartFilters(
                                Fields.text(document, "role").flatMap(Role::parse),
                                Fields.text(document, "postgres_version").flatMap(PostgresVersion::parse),
                                Trees.truthy(document.get("restart_pending"))),
                        Fields.integer(document, "timeout")));
    }

    static String encode(Member member) {
        Map<String, Object> document = new LinkedHashMap<>();
        member.connUrl().ifPresent(url -> document.put("conn_url", url));
        member.apiUrl().ifPresent(url -> document.put("api_url", url));
        document.put("state", member.state());
        member.role().ifPresent(role -> document.put("role", role.text()));
        member.version().ifPresent(version -> document.put("version", version));
        member.proxyUrl().ifPresent(url -> document.put("proxy_url", url));
        if (member.checkpointPending()) {
            document.put("checkpoint_after_promote", false);
        }
        if (!member.tags().published().isEmpty()) {
            document.put("tags", member.tags().published());
        }
        putPending(document, member.pendingRestart());
        member.position().ifPresent(lsn -> document.put("xlog_location", lsn.value()));
        member.replayed().ifPresent(lsn -> document.put("replay_lsn", lsn.value()));
        member.received().ifPresent(lsn -> document.put("receive_lsn", lsn.value()));
        member.replicationState().ifPresent(text -> document.put("replication_state", text));
        if (member.timeline().isKnown()) {
            document.put("timeline", Integer.toUnsignedLong(member.timeline().value()));
        }
        member.scheduledRestart().ifPresent(restart -> document.put("scheduled_restart", document(restart)));
        if (member.paused()) {
            document.put("pause", true);
        }
        return Json.compact(document);
    }

    private static void putPending(Map<String, Object> document, List<PendingParameter> pending) {
        if (pending.isEmpty()) {
            return;
        }
        Map<String, Object> reason = new LinkedHashMap<>();
        for (PendingParameter parameter : pending) {
            if (!parameter.name().isEmpty()) {
                Map<String, Object> values = new LinkedHashMap<>();
                values.put("old_value", parameter.oldValue());
                values.put("new_value", parameter.newValue());
                reason.put(parameter.name(), values);
            }
        }
        document.put("pending_restart", true);
        if (!reason.isEmpty()) {
            document.put("pending_restart_reason", reason);
        }
    }

    static Map<String, Object> document(ScheduledRestart restart) {
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("schedule", IsoTime.format(restart.at()));
        document.put("postmaster_start_time", restart.serverStartedAt());
        restart.filters().role().ifPresent(role -> document.put("role", role.text()));
        restart.filters()
                .olderThan()
                .ifPresent(version -> document.put("postgres_version", PostgresVersion.text(version)));
        restart.timeoutSeconds().ifPresent(seconds -> document.put("timeout", seconds));
        if (restart.filters().pendingOnly()) {
            document.put("restart_pending", true);
        }
        return document;
    }

    /** Reads single fields of a document. */
    static final class Fields {

        private Fields() {}

        static Optional<String> text(Map<String, Object> document, String key) {
            return document.get(key) instanceof String text && !text.isEmpty() ? Optional.of(text) : Optional.empty();
        }

        static Optional<MemberName> name(Map<String, Object> document, String key) {
            return text(document, key).flatMap(ClusterCodec::memberName);
        }

        static Optional<Long> number(Object value) {
            if (value instanceof String text) {
                return digits(text);
            }
            boolean whole = value instanceof Integer
                    || value instanceof Long
                    || value instanceof java.math.BigInteger
                    || value instanceof Double number && number == Math.rint(number);
            return whole ? Optional.of(((Number) value).longValue()) : Optional.empty();
        }

        private static Optional<Long> digits(String text) {
            try {
                return Optional.of(Long.parseLong(text.strip()));
            } catch (NumberFormatException e) {
                return Optional.empty();
            }
        }

        static Optional<Integer> integer(Map<String, Object> document, String key) {
            return number(document.get(key)).map(Long::intValue);
        }

        static Optional<Lsn> lsn(Map<String, Object> document, String key) {
            return number(document.get(key)).map(Lsn::new);
        }
    }
}

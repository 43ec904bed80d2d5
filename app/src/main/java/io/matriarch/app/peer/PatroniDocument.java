package io.matriarch.app.peer;

import io.matriarch.app.config.Json;
import io.matriarch.app.config.Trees;
import io.matriarch.app.store.ClusterCodec;
import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.ha.PeerAnswer;
import io.matriarch.domain.ha.Promise;
import io.matriarch.domain.postgres.Lsn;
import io.matriarch.domain.postgres.Timeline;
import java.util.Map;

/** What {@code GET /patroni} of a member says, the reference's or ours: as much of it as a leader race needs. */
final class PatroniDocument {

    private PatroniDocument() {}

    /** Reads an answer; without {@code xlog} it is none (API-119), whatever else is missing has its default. */
    static PeerAnswer read(MemberName name, String text) {
        Map<String, Object> document = Json.object(text).orElse(Map.of());
        Map<String, Object> xlog = Trees.mapAt(document, "xlog");
        if (xlog.isEmpty()) {
            return new PeerAnswer.Unreachable(name, "its answer has no xlog");
        }
        Object role = document.get("role");
        boolean primary = number(xlog, "location") != 0 || "primary".equals(role) || "master".equals(role);
        Lsn position = primary
                ? Lsn.ZERO
                : new Lsn(number(xlog, "received_location")).max(new Lsn(number(xlog, "replayed_location")));
        return new PeerAnswer.Reachable(
                name,
                !primary,
                position,
                new Timeline((int) number(document, "timeline")),
                streams(document),
                ClusterCodec.tags(Trees.mapAt(document, "tags")),
                Trees.truthy(document.get("watchdog_failed")),
                promise(document));
    }

    private static Promise promise(Map<String, Object> document) {
        if (!document.containsKey("matriarch")) {
            return new Promise.Reference();
        }
        Map<String, Object> given = Trees.mapAt(Trees.mapAt(document, "matriarch"), "promise");
        return given.isEmpty()
                ? new Promise.None()
                : new Promise.Given(
                        number(given, "epoch"),
                        new Timeline((int) number(given, "timeline")),
                        new Lsn(number(given, "position")));
    }

    /** Older members of the reference do not say; ours say nothing only when they do not stream. */
    private static boolean streams(Map<String, Object> document) {
        Object said = document.get("replication_state");
        return said == null ? !document.containsKey("matriarch") : said.equals("streaming");
    }

    private static long number(Map<String, Object> document, String key) {
        return document.get(key) instanceof Number number ? number.longValue() : 0;
    }
}

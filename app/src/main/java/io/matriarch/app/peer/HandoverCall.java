package io.matriarch.app.peer;

import io.matriarch.app.config.Json;
import io.matriarch.app.config.Trees;
import io.matriarch.domain.cluster.LeaseId;
import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.ha.HandoverAnswer;
import io.matriarch.domain.postgres.Lsn;
import io.matriarch.domain.postgres.Timeline;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What a leader that hands over asks its candidate, {@code POST /handover}, and the answer (SAF-060).
 *
 * @param leader who asks
 * @param timeline of the stopped primary
 * @param end first byte after its shutdown checkpoint
 * @param patience how long the candidate may wait before it says that it has not enough
 */
public record HandoverCall(MemberName leader, Timeline timeline, Lsn end, Duration patience) {

    /** The path it is sent to. */
    public static final String PATH = "/handover";

    /** The path a checkpoint is asked for at. */
    public static final String CHECKPOINT_PATH = "/checkpoint";

    private static final Duration LONGEST = Duration.ofSeconds(60);

    String encode() {
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("leader", leader.value());
        document.put("timeline", Integer.toUnsignedLong(timeline.value()));
        document.put("lsn", end.toString());
        document.put("patience_ms", patience.toMillis());
        return Json.compact(document);
    }

    /** Reads a request; empty when something of it is missing or makes no sense. */
    public static Optional<HandoverCall> decode(Map<String, Object> document) {
        if (!(document.get("leader") instanceof String leader)
                || !(document.get("timeline") instanceof Number timeline)
                || !(document.get("lsn") instanceof String lsn)
                || !(document.get("patience_ms") instanceof Number patience)
                || patience.longValue() < 0) {
            return Optional.empty();
        }
        try {
            Duration asked = Duration.ofMillis(patience.longValue());
            return Optional.of(new HandoverCall(
                    new MemberName(leader),
                    new Timeline(timeline.intValue()),
                    Lsn.parse(lsn),
                    asked.compareTo(LONGEST) < 0 ? asked : LONGEST));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    /** The answer as it is sent. */
    public static Map<String, Object> encode(HandoverAnswer answer) {
        Map<String, Object> document = new LinkedHashMap<>();
        switch (answer) {
            case HandoverAnswer.Ready(Timeline timeline, Lsn flushed, LeaseId offered) -> {
                document.put("timeline", Integer.toUnsignedLong(timeline.value()));
                document.put("flushed", flushed.toString());
                document.put("lease", offered.value());
            }
            case HandoverAnswer.NotReady(String why) -> document.put("why", why);
        }
        return document;
    }

    static HandoverAnswer decodeAnswer(int status, String text) {
        Map<String, Object> document = Json.object(text).orElse(Map.of());
        if (status == 200
                && document.get("timeline") instanceof Number timeline
                && document.get("flushed") instanceof String flushed
                && document.get("lease") instanceof String lease
                && !lease.isEmpty()) {
            try {
                return new HandoverAnswer.Ready(
                        new Timeline(timeline.intValue()), Lsn.parse(flushed), new LeaseId(lease));
            } catch (IllegalArgumentException e) {
                return new HandoverAnswer.NotReady("its answer can't be read: " + e.getMessage());
            }
        }
        return new HandoverAnswer.NotReady(
                document.containsKey("why") ? Trees.text(document.get("why")) : "it answered with status " + status);
    }
}

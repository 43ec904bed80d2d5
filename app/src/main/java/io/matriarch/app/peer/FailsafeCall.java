package io.matriarch.app.peer;

import io.matriarch.app.config.Json;
import io.matriarch.domain.cluster.LeaseId;
import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.failsafe.FailsafeAnswer;
import io.matriarch.domain.failsafe.FailsafeClaim;
import io.matriarch.domain.postgres.Lsn;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What a leader without the store asks the others, {@code POST /failsafe}, and the answer (rest-api §13). Lease, epoch
 * and ttl are ours: a member of the reference reads past them, and sends none.
 */
public final class FailsafeCall {

    /** The path it is sent to. */
    public static final String PATH = "/failsafe";

    /** The only body that is consent. */
    public static final String ACCEPTED = "Accepted";

    private static final Duration LONGEST = Duration.ofDays(1);

    private FailsafeCall() {}

    static String encode(FailsafeClaim claim) {
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("name", claim.leader().value());
        document.put("conn_url", claim.connUrl());
        document.put("api_url", claim.apiUrl());
        Map<String, Object> slots = new LinkedHashMap<>();
        claim.slots().forEach((name, position) -> slots.put(name, position.value()));
        document.put("slots", slots);
        claim.lease().ifPresent(lease -> document.put("lease", lease.value()));
        claim.epoch().ifPresent(epoch -> document.put("epoch", epoch));
        claim.ttl().ifPresent(ttl -> document.put("ttl_ms", ttl.toMillis()));
        return Json.compact(document);
    }

    /** Reads a question; empty when something of it is missing or makes no sense. */
    public static Optional<FailsafeClaim> decode(Map<String, Object> document) {
        if (!(document.get("name") instanceof String name)
                || !(document.get("conn_url") instanceof String connUrl)
                || !(document.get("api_url") instanceof String apiUrl)) {
            return Optional.empty();
        }
        try {
            return Optional.of(new FailsafeClaim(
                    new MemberName(name),
                    connUrl,
                    apiUrl,
                    slots(document.get("slots")),
                    document.get("lease") instanceof String lease && !lease.isEmpty()
                            ? Optional.of(new LeaseId(lease))
                            : Optional.empty(),
                    document.get("epoch") instanceof Number epoch ? Optional.of(epoch.longValue()) : Optional.empty(),
                    document.get("ttl_ms") instanceof Number millis ? ttl(millis.longValue()) : Optional.empty()));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    /** Nobody is bound for longer than a day, whatever is sent. */
    private static Optional<Duration> ttl(long millis) {
        return millis > 0 && millis <= LONGEST.toMillis() ? Optional.of(Duration.ofMillis(millis)) : Optional.empty();
    }

    private static SortedMap<String, Lsn> slots(Object document) {
        SortedMap<String, Lsn> slots = new TreeMap<>();
        if (document instanceof Map<?, ?> positions) {
            positions.forEach((name, position) -> {
                if (name instanceof String slot && position instanceof Number number) {
                    slots.put(slot, new Lsn(number.longValue()));
                }
            });
        }
        return slots;
    }

    static FailsafeAnswer decodeAnswer(MemberName name, HttpCall.Answer answer) {
        if (answer.status() == 200 && answer.body().equals(ACCEPTED)) {
            return new FailsafeAnswer.Accepted(name, position(answer.headers().get("lsn")));
        }
        String text = answer.body().strip();
        boolean printable = text.length() <= 200 && text.chars().allMatch(c -> c >= ' ' && c < 127);
        return new FailsafeAnswer.Refused(
                name, "it answered with status " + answer.status() + (printable && !text.isEmpty() ? " " + text : ""));
    }

    private static Optional<Lsn> position(String header) {
        try {
            return Optional.ofNullable(header).map(text -> new Lsn(Long.parseLong(text.strip())));
        } catch (NumberFormatException e) {
            return Optional.empty();
        }
    }
}

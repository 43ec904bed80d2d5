package io.matriarch.adapters.consul;

import io.matriarch.domain.cluster.LeaseId;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A session, which is what Consul calls a lease.
 *
 * @param ttl how long it lives at least after each renewal: Consul promises this and may take up to twice as long
 */
record ConsulSession(String id, Duration ttl) {

    private static final Pattern PART = Pattern.compile("(\\d+(?:\\.\\d+)?)(h|ms|m|s|us|µs|ns)");

    private static final Map<String, Duration> UNITS = Map.of(
            "h", Duration.ofHours(1),
            "m", Duration.ofMinutes(1),
            "s", Duration.ofSeconds(1),
            "ms", Duration.ofMillis(1),
            "us", Duration.ofNanos(1000),
            "µs", Duration.ofNanos(1000),
            "ns", Duration.ofNanos(1));

    LeaseId lease() {
        return new LeaseId(id);
    }

    /** A length as Consul writes it: {@code 15s}, {@code 15.0s}, {@code 1m30s}; empty for anything else. */
    static Optional<Duration> parse(String text) {
        var matcher = PART.matcher(text);
        var sum = BigDecimal.ZERO;
        int end = 0;
        while (matcher.find() && matcher.start() == end) {
            var unit = BigDecimal.valueOf(UNITS.get(matcher.group(2)).toNanos());
            sum = sum.add(new BigDecimal(matcher.group(1)).multiply(unit));
            end = matcher.end();
        }
        return end == 0 || end < text.length() ? Optional.empty() : Optional.of(Duration.ofNanos(sum.longValue()));
    }

    /** A length as Consul reads it. */
    static String format(Duration ttl) {
        return ttl.toMillis() % 1000 == 0 ? ttl.toSeconds() + "s" : ttl.toMillis() + "ms";
    }

    /** A length in seconds, for people. */
    static String seconds(Duration ttl) {
        var seconds = BigDecimal.valueOf(ttl.toMillis(), 3).stripTrailingZeros();
        return seconds.toPlainString();
    }
}

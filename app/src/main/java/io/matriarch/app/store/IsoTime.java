package io.matriarch.app.store;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Times as people and older members write them, and as the reference prints them. A hand-written pattern instead of
 * {@code DateTimeFormatter}, whose classes take longer to load than the rest of a command.
 */
public final class IsoTime {

    private static final Pattern FORM = Pattern.compile("(\\d{4})-(\\d{1,2})-(\\d{1,2})"
            + "(?:[T ]+(\\d{1,2}):(\\d{2})(?::(\\d{2})(?:[.,](\\d{1,9}))?)?)?"
            + "\\s*(Z|z|UTC|GMT|[+-]\\d{2}(?::?\\d{2})?)?");

    private IsoTime() {}

    /** A time that says its zone; empty when it can't be read or says none. */
    public static Optional<Instant> parse(String text) {
        Matcher parts = FORM.matcher(text.strip());
        return parts.matches() && parts.group(8) != null ? at(parts, ZoneOffset.UTC) : Optional.empty();
    }

    /** A time that is meant in {@code zone} unless it says its own. */
    public static Optional<Instant> parse(String text, ZoneId zone) {
        Matcher parts = FORM.matcher(text.strip());
        return parts.matches() ? at(parts, zone) : Optional.empty();
    }

    private static Optional<Instant> at(Matcher parts, ZoneId zone) {
        try {
            LocalDate day = LocalDate.of(number(parts, 1), number(parts, 2), number(parts, 3));
            LocalTime time = LocalTime.of(number(parts, 4), number(parts, 5), number(parts, 6), nanos(parts.group(7)));
            ZoneId said = parts.group(8) == null ? zone : offset(parts.group(8));
            return Optional.of(LocalDateTime.of(day, time).atZone(said).toInstant());
        } catch (DateTimeException e) {
            return Optional.empty();
        }
    }

    private static int number(Matcher parts, int group) {
        return parts.group(group) == null ? 0 : Integer.parseInt(parts.group(group));
    }

    private static int nanos(String fraction) {
        return fraction == null ? 0 : Integer.parseInt((fraction + "00000000").substring(0, 9));
    }

    private static ZoneOffset offset(String text) {
        return Character.isLetter(text.charAt(0)) ? ZoneOffset.UTC : ZoneOffset.of(text);
    }

    /** {@code 2030-01-01T00:00:00+00:00}, with six digits of a fraction if there is one. */
    public static String format(Instant time) {
        return format(time.atOffset(ZoneOffset.UTC));
    }

    /** The same in the zone of {@code time}. */
    public static String format(OffsetDateTime time) {
        StringBuilder out = new StringBuilder(32);
        padded(out, time.getYear(), 4).append('-');
        padded(out, time.getMonthValue(), 2).append('-');
        padded(out, time.getDayOfMonth(), 2).append('T');
        padded(out, time.getHour(), 2).append(':');
        padded(out, time.getMinute(), 2).append(':');
        padded(out, time.getSecond(), 2);
        if (time.getNano() / 1000 != 0) {
            padded(out.append('.'), time.getNano() / 1000, 6);
        }
        return out.append(offset(time.getOffset())).toString();
    }

    /** {@code +00:00}, {@code -03:30}. */
    public static String offset(ZoneOffset offset) {
        int minutes = Math.abs(offset.getTotalSeconds()) / 60;
        StringBuilder out = new StringBuilder(6).append(offset.getTotalSeconds() < 0 ? '-' : '+');
        padded(out, minutes / 60, 2).append(':');
        return padded(out, minutes % 60, 2).toString();
    }

    /** Appends a number with leading zeros. */
    public static StringBuilder padded(StringBuilder out, long number, int digits) {
        String text = Long.toString(number);
        return out.append("0".repeat(Math.max(0, digits - text.length()))).append(text);
    }
}

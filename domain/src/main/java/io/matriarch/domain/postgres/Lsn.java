package io.matriarch.domain.postgres;

/**
 * A position in the write-ahead log, in bytes from its beginning: an unsigned 64-bit number.
 *
 * <p>PostgreSQL prints it as two hexadecimal halves without padding, {@code 0/5000060}.
 */
public record Lsn(long value) implements Comparable<Lsn> {

    /** What PostgreSQL calls an invalid LSN: no position known. */
    public static final Lsn ZERO = new Lsn(0);

    /**
     * Reads PostgreSQL's text form.
     *
     * @throws IllegalArgumentException when the text is not {@code HEX/HEX}
     */
    public static Lsn parse(String text) {
        int slash = text.indexOf('/');
        if (slash < 1 || slash == text.length() - 1) {
            throw new IllegalArgumentException("not an LSN: " + text);
        }
        try {
            long high = Integer.parseUnsignedInt(text.substring(0, slash), 16) & 0xFFFFFFFFL;
            long low = Integer.parseUnsignedInt(text.substring(slash + 1), 16) & 0xFFFFFFFFL;
            return new Lsn(high << 32 | low);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("not an LSN: " + text, e);
        }
    }

    public boolean isZero() {
        return value == 0;
    }

    public boolean isAtLeast(Lsn other) {
        return compareTo(other) >= 0;
    }

    public boolean isAfter(Lsn other) {
        return compareTo(other) > 0;
    }

    public Lsn min(Lsn other) {
        return isAfter(other) ? other : this;
    }

    public Lsn max(Lsn other) {
        return isAtLeast(other) ? this : other;
    }

    public Lsn plus(long bytes) {
        return new Lsn(value + bytes);
    }

    /** Bytes from {@code other} to here; negative when this position lies before it. */
    public long minus(Lsn other) {
        return value - other.value;
    }

    /** Bytes {@code behind} lies behind this position, never negative. */
    public long lagBytes(Lsn behind) {
        return behind.isAtLeast(this) ? 0 : value - behind.value;
    }

    @Override
    public int compareTo(Lsn other) {
        return Long.compareUnsigned(value, other.value);
    }

    @Override
    public String toString() {
        return Long.toHexString(value >>> 32).toUpperCase() + "/"
                + Long.toHexString(value & 0xFFFFFFFFL).toUpperCase();
    }
}

package io.matriarch.domain.cluster;

/** A member's name: unique in its cluster and a path element of its key in the store. */
public record MemberName(String value) implements Comparable<MemberName> {

    public MemberName {
        if (value.isBlank() || value.indexOf('/') >= 0) {
            throw new IllegalArgumentException("not a member name: '" + value + "'");
        }
    }

    /** Comparison of {@code /sync} and {@code synchronous_standby_names}, which ignore case as PostgreSQL does. */
    public boolean matchesIgnoringCase(MemberName other) {
        return value.equalsIgnoreCase(other.value);
    }

    // Written out, because the JVM makes a record's own at the first call, which costs a command line 10 ms.

    @Override
    public boolean equals(Object other) {
        return other instanceof MemberName name && value.equals(name.value);
    }

    @Override
    public int hashCode() {
        return value.hashCode();
    }

    @Override
    public int compareTo(MemberName other) {
        return value.compareTo(other.value);
    }

    @Override
    public String toString() {
        return value;
    }
}

package io.matriarch.domain.postgres;

/** A branch of the WAL history: 1 after initdb, one more with each promotion; 0 stands for "not known". */
public record Timeline(int value) implements Comparable<Timeline> {

    public static final Timeline UNKNOWN = new Timeline(0);
    public static final Timeline FIRST = new Timeline(1);

    public boolean isKnown() {
        return value != 0;
    }

    public Timeline next() {
        return new Timeline(value + 1);
    }

    public Timeline max(Timeline other) {
        return isBefore(other) ? other : this;
    }

    public boolean isBefore(Timeline other) {
        return compareTo(other) < 0;
    }

    @Override
    public int compareTo(Timeline other) {
        return Integer.compareUnsigned(value, other.value);
    }

    @Override
    public String toString() {
        return Integer.toUnsignedString(value);
    }
}

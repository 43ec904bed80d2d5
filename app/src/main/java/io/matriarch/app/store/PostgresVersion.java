package io.matriarch.app.store;

import java.util.Optional;

/** PostgreSQL's version as people write it, {@code 15.2} or {@code 9.6.24}, and as {@code server_version_num}. */
public final class PostgresVersion {

    private PostgresVersion() {}

    /** Reads {@code X.Y}, {@code X.Y.Z}; empty for anything else, a lone major version included (CTL-063). */
    public static Optional<Integer> parse(String text) {
        String[] parts = text.strip().split("\\.", -1);
        if (parts.length < 2 || parts.length > 3) {
            return Optional.empty();
        }
        int[] numbers = new int[3];
        for (int i = 0; i < parts.length; i++) {
            if (parts[i].isEmpty() || parts[i].length() > 4 || !parts[i].chars().allMatch(c -> c >= '0' && c <= '9')) {
                return Optional.empty();
            }
            numbers[i] = Integer.parseInt(parts[i]);
        }
        // Since version 10 there are two parts, and the second one is the minor version.
        return parts.length == 2 && numbers[0] >= 10
                ? Optional.of(numbers[0] * 10_000 + numbers[1])
                : Optional.of(numbers[0] * 10_000 + numbers[1] * 100 + numbers[2]);
    }

    public static String text(int number) {
        String minor = Integer.toString(number % 100);
        return number >= 100_000
                ? number / 10_000 + "." + number % 10_000
                : number / 10_000 + "." + number / 100 % 100 + "." + minor;
    }
}

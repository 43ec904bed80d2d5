package io.matriarch.domain.postgres;

import java.util.Optional;

/**
 * The number initdb gives a database cluster and every copy of it carries: at least ten decimal digits.
 *
 * <p>Anything shorter is not an identifier but somebody's typing; the reference draws the line at ten digits too.
 */
public record SystemIdentifier(String value) {

    public SystemIdentifier {
        if (!isValid(value)) {
            throw new IllegalArgumentException("not a system identifier: " + value);
        }
    }

    public static Optional<SystemIdentifier> parse(String text) {
        return isValid(text) ? Optional.of(new SystemIdentifier(text)) : Optional.empty();
    }

    private static boolean isValid(String text) {
        return text.length() >= 10 && text.chars().allMatch(c -> c >= '0' && c <= '9');
    }

    @Override
    public String toString() {
        return value;
    }
}

package io.matriarch.app.peer;

import java.util.Locale;
import java.util.Map;
import java.util.UUID;

/**
 * Tells this process from every other one that has its name or its address. A request to {@code /liveness} with the
 * header is answered with the mark in it; without it nothing is added.
 */
public record ProcessMark(String value) {

    public static final String HEADER = "Matriarch-Process";

    /** A mark that no other process has. */
    public static ProcessMark unique() {
        return new ProcessMark(UUID.randomUUID().toString());
    }

    /** Whether an answer is from this process; names of headers in lower case. */
    boolean isIn(Map<String, String> headers) {
        return value.equals(headers.get(HEADER.toLowerCase(Locale.ROOT)));
    }
}

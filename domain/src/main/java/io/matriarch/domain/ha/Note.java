package io.matriarch.domain.ha;

/** A line for the log that explains a decision. */
public record Note(Level level, String text) {

    /** How much it matters. */
    public enum Level {
        INFO,
        WARNING,
        ERROR
    }

    public static Note info(String text) {
        return new Note(Level.INFO, text);
    }

    public static Note warning(String text) {
        return new Note(Level.WARNING, text);
    }

    public static Note error(String text) {
        return new Note(Level.ERROR, text);
    }
}

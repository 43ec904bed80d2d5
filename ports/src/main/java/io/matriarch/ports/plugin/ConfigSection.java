package io.matriarch.ports.plugin;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A map of the configuration, read key by key. Reading never throws: what has the wrong type is remembered as a problem
 * and reads as absent, so that an adapter can look at all its keys before {@link #check} reports everything at once.
 *
 * <p>Values follow the conventions of the reference: numbers and booleans may be written as text.
 */
public interface ConfigSection {

    /** The section's key with its parents. */
    String path();

    Optional<String> text(String key);

    /** Text that must not be printed. */
    Optional<Secret> secret(String key);

    Optional<Integer> integer(String key);

    /** Seconds, fractions allowed. */
    Optional<Duration> seconds(String key);

    Optional<Boolean> flag(String key);

    /** A list of texts; a text with commas counts as one. Empty when absent. */
    List<String> texts(String key);

    /** A list as it stands: texts, or maps of one entry, such as options of a tool. Empty when absent. */
    List<Object> items(String key);

    /** A map below; an empty one when absent. */
    ConfigSection section(String key);

    /** Everything in it as plain Java values: String, Number, Boolean, List, Map. */
    Map<String, Object> values();

    /** Remembers a problem of the value under {@code key}. */
    void problem(String key, String message);

    /**
     * Throws what has been remembered here and in the sections below.
     *
     * @throws ConfigProblems when there was anything
     */
    void check();
}

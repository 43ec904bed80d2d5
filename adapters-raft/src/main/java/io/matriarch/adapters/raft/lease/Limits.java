package io.matriarch.adapters.raft.lease;

import java.nio.charset.StandardCharsets;

/** How large things in the store may be. They hold when a command is made and again when one is read. */
public final class Limits {

    /** Bytes of a scope with its namespace. */
    public static final int SCOPE = 512;

    /** Bytes of a key below its scope, of a member's name and of a lease. */
    public static final int NAME = 256;

    /** Bytes of a value. */
    public static final int VALUE = 1024 * 1024;

    /** Conditions of one command, and its writes. */
    public static final int ITEMS = 64;

    /** Bytes of a whole command. */
    public static final int COMMAND = 4 * 1024 * 1024;

    /** Milliseconds of a lease: a day. */
    public static final long TTL_MILLIS = 86_400_000;

    private Limits() {}

    static String scope(String scope) {
        if (!scope.startsWith("/") || !scope.endsWith("/")) {
            throw new IllegalArgumentException("a scope starts and ends with a slash: '" + scope + "'");
        }
        return within(scope, SCOPE, "scope");
    }

    static String key(String key) {
        if (key.isEmpty() || key.startsWith("/") || key.endsWith("/") || key.contains("//")) {
            throw new IllegalArgumentException("not a key below a scope: '" + key + "'");
        }
        return within(key, NAME, "key");
    }

    static String name(String name, String what) {
        if (name.isBlank() || name.indexOf('/') >= 0) {
            throw new IllegalArgumentException("not a " + what + ": '" + name + "'");
        }
        return within(name, NAME, what);
    }

    static String value(String value) {
        return within(value, VALUE, "value");
    }

    static long ttl(long millis) {
        if (millis < 1 || millis > TTL_MILLIS) {
            throw new IllegalArgumentException("a ttl of " + millis + " ms is not in 1.." + TTL_MILLIS);
        }
        return millis;
    }

    private static String within(String text, int most, String what) {
        if (text.length() > most || text.getBytes(StandardCharsets.UTF_8).length > most) {
            throw new IllegalArgumentException(what + " is longer than " + most + " bytes");
        }
        return text;
    }
}

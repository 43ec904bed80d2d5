package io.matriarch.domain.postgres;

/** The data directory as found. */
public sealed interface DataDirectory {

    /** Nothing in it but dot files and {@code lost+found}, or not there at all. */
    record Empty() implements DataDirectory {}

    /** It cannot be read: permissions, a vanished mount. */
    record Inaccessible(String why) implements DataDirectory {}

    /** There is something in it. */
    record Present() implements DataDirectory {}
}

package io.matriarch.ports.postgres;

/** What became of a WAL file that was to be archived. */
public sealed interface ArchiveResult {

    /** The archive has it. */
    record Archived() implements ArchiveResult {}

    /** Archiving is off, or is left to a library that only a server can call. */
    record NotConfigured() implements ArchiveResult {}

    /** The command failed; the file stays where it is. */
    record Failed(String why) implements ArchiveResult {}
}

package io.matriarch.domain.postgres;

/** The server's processes as seen. */
public sealed interface ServerProcess {

    /** The postmaster is there. */
    record Alive() implements ServerProcess {}

    /** The postmaster has ended, but something of the server may still be attached to its shared memory. */
    record Remains(String what) implements ServerProcess {}

    /** Nothing of it is left, and that has been checked. */
    record Stopped(StopProof proof) implements ServerProcess {}
}

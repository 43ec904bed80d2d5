package io.matriarch.ports.postgres;

/** How an action on the server ended. */
public sealed interface ControlResult {

    /** It is done. */
    record Done() implements ControlResult {}

    /** It goes on by itself: a server that is still starting up. */
    record StillRunning(String what) implements ControlResult {}

    /** It failed, and the server is as the next observation says. */
    record Failed(String why) implements ControlResult {}
}

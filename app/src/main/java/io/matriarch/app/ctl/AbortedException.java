package io.matriarch.app.ctl;

/** The operator left at a prompt: {@code Aborted!} on stderr, exit status 1. */
final class AbortedException extends RuntimeException {

    AbortedException() {
        super("Aborted!");
    }
}

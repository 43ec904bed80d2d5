package io.matriarch.app.ctl;

/** The command ends with {@code Error: } and the message on stderr, and exit status 1. */
final class CtlException extends RuntimeException {

    CtlException(String message) {
        super(message);
    }

    CtlException(String message, Throwable cause) {
        super(message, cause);
    }
}

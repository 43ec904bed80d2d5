package io.matriarch.app.ctl;

/** The command line is none: usage and the message on stderr, exit status 2. */
final class UsageException extends RuntimeException {

    UsageException(String message) {
        super(message);
    }

    static UsageException missingArgument(String name) {
        return new UsageException("Missing argument '" + name + "'.");
    }
}

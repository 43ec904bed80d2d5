package io.matriarch.app.rest;

/** The REST server cannot serve; the message says which setting is to blame. */
public final class RestServerException extends Exception {

    RestServerException(String message, Throwable cause) {
        super(message, cause);
    }
}

package io.matriarch.ports.dcs;

/** The store could not be read in time. It says nothing about who holds the lock. */
public final class DcsUnavailableException extends Exception {

    public DcsUnavailableException(String message) {
        super(message);
    }

    public DcsUnavailableException(String message, Throwable cause) {
        super(message, cause);
    }
}

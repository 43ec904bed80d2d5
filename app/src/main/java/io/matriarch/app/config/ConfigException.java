package io.matriarch.app.config;

/** There is no configuration to work with; the message is what the operator reads before the exit status 1. */
public final class ConfigException extends RuntimeException {

    public ConfigException(String message) {
        super(message);
    }

    public ConfigException(String message, Throwable cause) {
        super(message, cause);
    }
}

package io.matriarch.app.config;

/** A document that is not YAML; the message says where. */
public final class YamlSyntaxException extends RuntimeException {

    public YamlSyntaxException(String message, Throwable cause) {
        super(message, cause);
    }
}

package io.matriarch.app.rest;

/** A request ends here with a code and a short text. */
final class RefusedException extends RuntimeException {

    private final int code;

    RefusedException(int code, String text) {
        super(text, null, false, false);
        this.code = code;
    }

    int code() {
        return code;
    }
}

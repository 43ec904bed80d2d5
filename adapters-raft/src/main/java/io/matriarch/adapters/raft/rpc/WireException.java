package io.matriarch.adapters.raft.rpc;

import java.io.IOException;

/** The other end sent something the protocol does not allow, or refused us. */
public class WireException extends IOException {

    public WireException(String message) {
        super(message);
    }

    public WireException(String message, Throwable cause) {
        super(message, cause);
    }
}

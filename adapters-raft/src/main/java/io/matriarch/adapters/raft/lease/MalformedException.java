package io.matriarch.adapters.raft.lease;

import java.io.IOException;

/** Bytes that are not what they claim to be, or that a newer version wrote. */
public final class MalformedException extends IOException {

    public MalformedException(String message) {
        super(message);
    }
}

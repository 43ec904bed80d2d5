package io.matriarch.adapters.raft.rpc;

/** The other end received the request and answered that it cannot serve it. */
public final class RemoteErrorException extends WireException {

    public RemoteErrorException(String message) {
        super(message);
    }
}

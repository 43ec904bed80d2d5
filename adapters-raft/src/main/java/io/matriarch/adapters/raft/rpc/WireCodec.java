package io.matriarch.adapters.raft.rpc;

import java.io.IOException;
import java.util.Objects;

/**
 * How one type of message travels: its number on the wire and its bytes. Encoding and decoding are plain functions of the
 * message, so that nothing on the wire can name a class.
 *
 * @param typeId 1 to 65535; 1 to 999 belong to the messages of Raft itself, others start at {@link #FIRST_FREE_TYPE}
 * @param type the exact class of the message
 */
public record WireCodec<T>(int typeId, Class<T> type, Encoder<T> encoder, Decoder<T> decoder) {

    /** The lowest number another package may use. */
    public static final int FIRST_FREE_TYPE = 1000;

    private static final int LAST_TYPE = 0xFFFF;

    public WireCodec {
        Objects.requireNonNull(type, "type");
        Objects.requireNonNull(encoder, "encoder");
        Objects.requireNonNull(decoder, "decoder");
        if (typeId < 1 || typeId > LAST_TYPE) {
            throw new IllegalArgumentException("message type " + typeId + " is not in 1.." + LAST_TYPE);
        }
    }

    byte[] encode(Object message) {
        return encoder.encode(type.cast(message));
    }

    /** Turns a message into bytes. */
    @FunctionalInterface
    public interface Encoder<T> {
        byte[] encode(T message);
    }

    /** Turns bytes into a message; throws on anything it does not know, because the bytes come from outside. */
    @FunctionalInterface
    public interface Decoder<T> {
        T decode(byte[] bytes) throws IOException;
    }
}

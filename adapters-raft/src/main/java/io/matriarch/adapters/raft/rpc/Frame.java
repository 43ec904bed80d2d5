package io.matriarch.adapters.raft.rpc;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/**
 * One message on a connection after the hellos: length of the rest (4 bytes), kind (1), call number (8), message type (2),
 * payload. All numbers are big-endian.
 */
record Frame(Kind kind, long call, int typeId, byte[] payload) {

    enum Kind {
        REQUEST,
        RESPONSE,
        /** The payload is text for a person. */
        ERROR;

        private static final Kind[] ALL = values();
    }

    static final int HEAD = 1 + 8 + 2;

    private static final int MAX_ERROR_TEXT = 512;

    static Frame error(long call, String why) {
        String text = why.length() <= MAX_ERROR_TEXT ? why : why.substring(0, MAX_ERROR_TEXT);
        return new Frame(Kind.ERROR, call, 0, text.getBytes(StandardCharsets.UTF_8));
    }

    String text() {
        return new String(payload, StandardCharsets.UTF_8);
    }

    int size() {
        return HEAD + payload.length;
    }

    void write(DataOutputStream out) throws IOException {
        out.writeInt(size());
        out.writeByte(kind.ordinal());
        out.writeLong(call);
        out.writeShort(typeId);
        out.write(payload);
    }

    static Frame read(DataInputStream in, int maxBytes) throws IOException {
        int length = in.readInt();
        if (length < HEAD || length > maxBytes) {
            throw new WireException("a frame of " + length + " bytes, " + HEAD + " to " + maxBytes + " are allowed");
        }
        int kind = in.readUnsignedByte();
        if (kind >= Kind.ALL.length) {
            throw new WireException("unknown frame kind " + kind);
        }
        long call = in.readLong();
        int typeId = in.readUnsignedShort();
        // Memory grows with the bytes that arrive, not with the length that was claimed.
        byte[] payload = in.readNBytes(length - HEAD);
        if (payload.length != length - HEAD) {
            throw new EOFException("the connection ended within a frame");
        }
        return new Frame(Kind.ALL[kind], call, typeId, payload);
    }
}

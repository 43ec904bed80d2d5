package io.matriarch.adapters.raft.log;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * The head of one entry in a segment: length of the payload (4 bytes), checksum (4), index (8), index of the first entry of
 * the batch it was written with (8), kind (1). The checksum covers everything but itself, and the segment's salt, so that no
 * payload can look like a record.
 */
record Record(int length, int checksum, long index, long batchFirst, byte kind) {

    static final int HEAD = 4 + 4 + 8 + 8 + 1;
    static final byte DATA = 0;
    /** A change of the group's members: read when the log is opened. */
    static final byte CONFIGURATION = 1;

    static void write(ByteBuffer out, long salt, long index, long batchFirst, byte kind, byte[] payload) {
        out.putInt(payload.length);
        out.putInt(checksum(salt, payload.length, index, batchFirst, kind, payload, 0));
        out.putLong(index);
        out.putLong(batchFirst);
        out.put(kind);
        out.put(payload);
    }

    static Record head(ByteBuffer in) {
        return new Record(in.getInt(), in.getInt(), in.getLong(), in.getLong(), in.get());
    }

    boolean matches(long salt, byte[] bytes, int payloadOffset) {
        return checksum == checksum(salt, length, index, batchFirst, kind, bytes, payloadOffset);
    }

    private static int checksum(
            long salt, int length, long index, long batchFirst, byte kind, byte[] bytes, int payloadOffset) {
        var head = ByteBuffer.allocate(8 + 4 + 8 + 8 + 1);
        head.putLong(salt).putInt(length).putLong(index).putLong(batchFirst).put(kind);
        var crc = new CRC32C();
        crc.update(head.flip());
        crc.update(bytes, payloadOffset, length);
        return (int) crc.getValue();
    }
}

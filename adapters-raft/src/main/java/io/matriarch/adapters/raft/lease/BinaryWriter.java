package io.matriarch.adapters.raft.lease;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;

/** Writes numbers in network order and texts as UTF-8 with their length in bytes before them. */
public final class BinaryWriter {

    private ByteBuffer buffer = ByteBuffer.allocate(256);

    public BinaryWriter u8(int value) {
        room(1).put((byte) value);
        return this;
    }

    public BinaryWriter i32(int value) {
        room(Integer.BYTES).putInt(value);
        return this;
    }

    public BinaryWriter i64(long value) {
        room(Long.BYTES).putLong(value);
        return this;
    }

    public BinaryWriter flag(boolean value) {
        return u8(value ? 1 : 0);
    }

    public BinaryWriter bytes(byte[] value) {
        i32(value.length);
        room(value.length).put(value);
        return this;
    }

    public BinaryWriter text(String value) {
        return bytes(value.getBytes(StandardCharsets.UTF_8));
    }

    public BinaryWriter optional(Optional<String> value) {
        flag(value.isPresent());
        value.ifPresent(this::text);
        return this;
    }

    public byte[] toBytes() {
        return Arrays.copyOf(buffer.array(), buffer.position());
    }

    private ByteBuffer room(int bytes) {
        if (buffer.remaining() < bytes) {
            int wanted = Math.max(buffer.capacity() * 2, buffer.position() + bytes);
            var larger = ByteBuffer.allocate(wanted);
            buffer.flip();
            larger.put(buffer);
            buffer = larger;
        }
        return buffer;
    }
}

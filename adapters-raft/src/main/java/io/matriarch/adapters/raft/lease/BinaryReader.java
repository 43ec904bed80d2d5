package io.matriarch.adapters.raft.lease;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * Reads what {@link BinaryWriter} wrote, from bytes that may come from anywhere: a length is believed only as far as
 * there are bytes for it and it stays within the caller's limit.
 */
public final class BinaryReader {

    private final ByteBuffer buffer;

    public BinaryReader(ByteBuffer buffer) {
        this.buffer = buffer.slice();
    }

    public BinaryReader(byte[] bytes) {
        this(ByteBuffer.wrap(bytes));
    }

    public int u8() throws MalformedException {
        return need(1).get() & 0xFF;
    }

    public int i32() throws MalformedException {
        return need(Integer.BYTES).getInt();
    }

    public long i64() throws MalformedException {
        return need(Long.BYTES).getLong();
    }

    public boolean flag() throws MalformedException {
        int value = u8();
        if (value > 1) {
            throw new MalformedException("a flag of " + value);
        }
        return value == 1;
    }

    /** A count of things that take at least one byte each. */
    public int count(int most) throws MalformedException {
        int count = i32();
        if (count < 0 || count > most || count > buffer.remaining()) {
            throw new MalformedException("a count of " + count + ", at most " + most);
        }
        return count;
    }

    public byte[] bytes(int most) throws MalformedException {
        var bytes = new byte[count(most)];
        buffer.get(bytes);
        return bytes;
    }

    public String text(int mostBytes) throws MalformedException {
        var bytes = ByteBuffer.wrap(bytes(mostBytes));
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
        } catch (CharacterCodingException _) {
            throw new MalformedException("a text that is not UTF-8");
        }
    }

    public Optional<String> optional(int mostBytes) throws MalformedException {
        return flag() ? Optional.of(text(mostBytes)) : Optional.empty();
    }

    /** Nothing may follow. */
    public void end() throws MalformedException {
        if (buffer.hasRemaining()) {
            throw new MalformedException(buffer.remaining() + " bytes too many");
        }
    }

    private ByteBuffer need(int bytes) throws MalformedException {
        if (buffer.remaining() < bytes) {
            throw new MalformedException("ends " + (bytes - buffer.remaining()) + " bytes early");
        }
        return buffer;
    }
}

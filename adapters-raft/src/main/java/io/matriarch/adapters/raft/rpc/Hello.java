package io.matriarch.adapters.raft.rpc;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Arrays;

/**
 * The first thing each end says: magic, protocol version, who it is, and its proof where a password is used. At most
 * {@link #MAX_BYTES}, because it is read before anything is known about the other end.
 *
 * @param refusal empty, or why this end hangs up
 */
record Hello(PeerRole role, String clusterId, String self, String refusal, byte[] proof) {

    private static final int MAGIC = 0x4D545257; // "MTRW"
    private static final int VERSION = 1;
    private static final int MAX_BYTES = 4096;
    private static final int MAX_TEXT = 256;

    Hello {
        proof = proof.clone();
    }

    static Hello refusing(TransportSettings settings, String why) {
        return new Hello(settings.role(), "", settings.self(), why, new byte[0]);
    }

    void write(OutputStream out) throws IOException {
        var body = new ByteArrayOutputStream();
        var data = new DataOutputStream(body);
        data.writeByte(role.number());
        data.writeUTF(cut(clusterId));
        data.writeUTF(cut(self));
        data.writeUTF(cut(refusal));
        data.writeByte(proof.length);
        data.write(proof);
        var whole = new ByteArrayOutputStream();
        var head = new DataOutputStream(whole);
        head.writeInt(MAGIC);
        head.writeByte(VERSION);
        head.writeShort(body.size());
        body.writeTo(head);
        out.write(whole.toByteArray());
        out.flush();
    }

    static Hello read(InputStream in) throws IOException {
        var head = new DataInputStream(in);
        int magic = head.readInt();
        if (magic != MAGIC) {
            throw new WireException("not this protocol, the first bytes are 0x%08x".formatted(magic));
        }
        int version = head.readUnsignedByte();
        if (version != VERSION) {
            throw new WireException("protocol version " + version + ", this is version " + VERSION);
        }
        int length = head.readUnsignedShort();
        if (length > MAX_BYTES) {
            throw new WireException("a hello of " + length + " bytes, at most " + MAX_BYTES + " are allowed");
        }
        var data = new DataInputStream(new ByteArrayInputStream(head.readNBytes(length)));
        var role = PeerRole.of(data.readUnsignedByte());
        var clusterId = data.readUTF();
        var self = printable(data.readUTF());
        var refusal = printable(data.readUTF());
        return new Hello(role, clusterId, self, refusal, data.readNBytes(data.readUnsignedByte()));
    }

    /** What the other end says goes to our log: no line breaks and no terminal sequences. */
    private static String printable(String text) {
        var kept = cut(text).codePoints().map(c -> c < ' ' || c >= 0x7F ? '?' : c);
        return kept.collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }

    private static String cut(String text) {
        return text.length() <= MAX_TEXT ? text : text.substring(0, MAX_TEXT);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Hello that
                && role == that.role
                && clusterId.equals(that.clusterId)
                && self.equals(that.self)
                && refusal.equals(that.refusal)
                && Arrays.equals(proof, that.proof);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(proof) * 31 + self.hashCode();
    }

    @Override
    public String toString() {
        return "Hello[" + role + ", " + self + "]";
    }
}

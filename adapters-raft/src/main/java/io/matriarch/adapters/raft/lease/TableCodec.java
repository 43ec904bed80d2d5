package io.matriarch.adapters.raft.lease;

import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.TreeMap;
import java.util.zip.CRC32C;

/** A whole {@link LeaseTable} as bytes, for snapshots: magic, version, content, and a CRC-32C of everything before it. */
public final class TableCodec {

    private static final int MAGIC = 0x4D54524C; // "MTRL"
    private static final int VERSION = 1;
    private static final int MANY = 10_000_000;
    private static final int PATH = Limits.SCOPE + Limits.NAME;

    private TableCodec() {}

    public static byte[] encode(LeaseTable table) {
        var out = new BinaryWriter().i32(MAGIC).u8(VERSION).i64(table.index()).text(table.clusterId());
        out.i32(table.entries().size());
        table.entries()
                .forEach((path, entry) ->
                        out.text(path).text(entry.value()).i64(entry.revision()).optional(entry.lease()));
        out.i32(table.leases().size());
        for (var lease : table.leases()) {
            out.text(lease.id()).text(lease.holder()).text(lease.path());
            out.i64(lease.seq()).i64(lease.ttlMillis());
        }
        out.i32(table.remembered().size());
        table.remembered().forEach((request, outcome) -> {
            out.i64(request.high()).i64(request.low());
            outcome(out, outcome);
        });
        out.i32(table.ended().size());
        table.ended().forEach(out::text);
        var content = out.toBytes();
        return out.i32(checksum(content, content.length)).toBytes();
    }

    /**
     * The table in these bytes.
     *
     * @throws MalformedException if they were damaged or cut, or a newer version wrote them
     */
    public static LeaseTable decode(byte[] bytes) throws MalformedException {
        int length = bytes.length - Integer.BYTES;
        if (length < 0 || checksum(bytes, length) != ByteBuffer.wrap(bytes).getInt(length)) {
            throw new MalformedException("a snapshot whose checksum is wrong");
        }
        var in = new BinaryReader(ByteBuffer.wrap(bytes, 0, length));
        if (in.i32() != MAGIC) {
            throw new MalformedException("not a snapshot");
        }
        int version = in.u8();
        if (version != VERSION) {
            throw new MalformedException("a snapshot of format " + version + ", this version knows format " + VERSION);
        }
        long index = in.i64();
        var clusterId = in.text(Limits.NAME);
        var entries = new TreeMap<String, StoreEntry>();
        for (int left = in.count(MANY); left > 0; left--) {
            var path = in.text(PATH);
            entries.put(path, new StoreEntry(in.text(Limits.VALUE), in.i64(), in.optional(Limits.NAME)));
        }
        var leases = new TreeMap<String, LeaseRecord>();
        for (int left = in.count(MANY); left > 0; left--) {
            var id = in.text(Limits.NAME);
            leases.put(id, new LeaseRecord(id, in.text(Limits.NAME), in.text(PATH), in.i64(), in.i64()));
        }
        var remembered = new LinkedHashMap<RequestId, Outcome>();
        for (int left = in.count(MANY); left > 0; left--) {
            remembered.put(new RequestId(in.i64(), in.i64()), outcome(in));
        }
        var ended = new LinkedHashSet<String>();
        for (int left = in.count(MANY); left > 0; left--) {
            ended.add(in.text(Limits.NAME));
        }
        in.end();
        return new LeaseTable(index, clusterId, entries, leases, remembered, ended);
    }

    /** An outcome's own bytes: also how it travels back to the member that asked. */
    public static void outcome(BinaryWriter out, Outcome outcome) {
        switch (outcome) {
            case Outcome.Applied(long index, long nonce) ->
                out.flag(true).i64(index).i64(nonce);
            case Outcome.Refused(String why) -> out.flag(false).text(why);
        }
    }

    public static Outcome outcome(BinaryReader in) throws MalformedException {
        return in.flag() ? new Outcome.Applied(in.i64(), in.i64()) : new Outcome.Refused(in.text(Limits.VALUE));
    }

    private static int checksum(byte[] bytes, int length) {
        var crc = new CRC32C();
        crc.update(bytes, 0, length);
        return (int) crc.getValue();
    }
}

package io.matriarch.adapters.raft.lease;

import io.matriarch.adapters.raft.lease.Edit.Condition;
import io.matriarch.adapters.raft.lease.Edit.Put;
import java.nio.ByteBuffer;
import java.util.ArrayList;

/**
 * A command as bytes: the format's version, a number for the kind, the fields. The numbers are part of the log on every
 * member's disk: never reuse or renumber one.
 */
public final class CommandCodec {

    static final int VERSION = 1;

    private static final int ACQUIRE = 1;
    private static final int RENEW = 2;
    private static final int ADOPT = 3;
    private static final int RELEASE = 4;
    private static final int HAND_OVER = 5;
    private static final int WRITE = 6;
    private static final int PUBLISH_MEMBER = 7;
    private static final int REMOVE_SCOPE = 8;
    private static final int EXPIRE = 9;
    private static final int NOOP = 10;
    private static final int NAME_CLUSTER = 11;
    private static final int RECOVER = 12;

    private CommandCodec() {}

    /**
     * The command's bytes.
     *
     * @throws IllegalArgumentException if there are more than {@link Limits#COMMAND}
     */
    public static byte[] encode(RaftCommand command) {
        var out = new BinaryWriter().u8(VERSION);
        switch (command) {
            case RaftCommand.Acquire c -> {
                request(out.u8(ACQUIRE), c.request()).text(c.scope()).text(c.holder());
                edit(out.text(c.leaseId()).i64(c.ttlMillis()), c.edit());
            }
            case RaftCommand.Renew c ->
                out.u8(RENEW)
                        .text(c.scope())
                        .text(c.leaseId())
                        .i64(c.ttlMillis())
                        .i64(c.nonce());
            case RaftCommand.Adopt c -> {
                request(out.u8(ADOPT), c.request()).text(c.scope()).text(c.holder());
                out.text(c.former()).text(c.leaseId()).i64(c.ttlMillis());
            }
            case RaftCommand.Release c ->
                edit(request(out.u8(RELEASE), c.request()).text(c.scope()).text(c.leaseId()), c.edit());
            case RaftCommand.HandOver c -> {
                request(out.u8(HAND_OVER), c.request()).text(c.scope()).text(c.leaseId());
                edit(out.text(c.receiver()).text(c.offered()).i64(c.ttlMillis()), c.edit());
            }
            case RaftCommand.Write c ->
                edit(request(out.u8(WRITE), c.request()).text(c.scope()).optional(c.fence()), c.edit());
            case RaftCommand.PublishMember c ->
                out.u8(PUBLISH_MEMBER)
                        .text(c.scope())
                        .text(c.member())
                        .text(c.value())
                        .text(c.leaseId())
                        .i64(c.ttlMillis());
            case RaftCommand.RemoveScope c ->
                request(out.u8(REMOVE_SCOPE), c.request()).text(c.scope());
            case RaftCommand.Expire c -> out.u8(EXPIRE).text(c.leaseId()).i64(c.seq());
            case RaftCommand.Noop() -> out.u8(NOOP);
            case RaftCommand.NameCluster c -> out.u8(NAME_CLUSTER).text(c.clusterId());
            case RaftCommand.Recover c -> out.u8(RECOVER).text(c.clusterId());
        }
        var bytes = out.toBytes();
        if (bytes.length > Limits.COMMAND) {
            throw new IllegalArgumentException("a command of " + bytes.length + " bytes, at most " + Limits.COMMAND);
        }
        return bytes;
    }

    /**
     * The command in these bytes.
     *
     * @throws MalformedException if they are no command, or one of a newer version
     */
    public static RaftCommand decode(ByteBuffer bytes) throws MalformedException {
        if (bytes.remaining() > Limits.COMMAND) {
            throw new MalformedException("a command of " + bytes.remaining() + " bytes");
        }
        var in = new BinaryReader(bytes);
        int version = in.u8();
        if (version != VERSION) {
            throw new MalformedException("a command of format " + version + ", this version knows format " + VERSION);
        }
        try {
            var command = fields(in, in.u8());
            in.end();
            return command;
        } catch (IllegalArgumentException e) {
            throw new MalformedException(e.getMessage());
        }
    }

    private static RaftCommand fields(BinaryReader in, int kind) throws MalformedException {
        return switch (kind) {
            case ACQUIRE -> new RaftCommand.Acquire(request(in), scope(in), name(in), name(in), in.i64(), edit(in));
            case RENEW -> new RaftCommand.Renew(scope(in), name(in), in.i64(), in.i64());
            case ADOPT -> new RaftCommand.Adopt(request(in), scope(in), name(in), name(in), name(in), in.i64());
            case RELEASE -> new RaftCommand.Release(request(in), scope(in), name(in), edit(in));
            case HAND_OVER ->
                new RaftCommand.HandOver(request(in), scope(in), name(in), name(in), name(in), in.i64(), edit(in));
            case WRITE -> new RaftCommand.Write(request(in), scope(in), in.optional(Limits.NAME), edit(in));
            case PUBLISH_MEMBER ->
                new RaftCommand.PublishMember(scope(in), name(in), in.text(Limits.VALUE), name(in), in.i64());
            case REMOVE_SCOPE -> new RaftCommand.RemoveScope(request(in), scope(in));
            case EXPIRE -> new RaftCommand.Expire(name(in), in.i64());
            case NOOP -> new RaftCommand.Noop();
            case NAME_CLUSTER -> new RaftCommand.NameCluster(name(in));
            case RECOVER -> new RaftCommand.Recover(name(in));
            default -> throw new MalformedException("an unknown command " + kind);
        };
    }

    private static BinaryWriter request(BinaryWriter out, RequestId request) {
        return out.i64(request.high()).i64(request.low());
    }

    private static RequestId request(BinaryReader in) throws MalformedException {
        return new RequestId(in.i64(), in.i64());
    }

    private static String scope(BinaryReader in) throws MalformedException {
        return in.text(Limits.SCOPE);
    }

    private static String name(BinaryReader in) throws MalformedException {
        return in.text(Limits.NAME);
    }

    private static void edit(BinaryWriter out, Edit edit) {
        out.i32(edit.conditions().size());
        for (var condition : edit.conditions()) {
            out.text(condition.key()).i64(condition.revision());
        }
        out.i32(edit.puts().size());
        for (var put : edit.puts()) {
            out.text(put.key()).optional(put.value());
        }
    }

    private static Edit edit(BinaryReader in) throws MalformedException {
        var conditions = new ArrayList<Condition>();
        for (int left = in.count(Limits.ITEMS); left > 0; left--) {
            conditions.add(new Condition(name(in), in.i64()));
        }
        var puts = new ArrayList<Put>();
        for (int left = in.count(Limits.ITEMS); left > 0; left--) {
            puts.add(new Put(name(in), in.optional(Limits.VALUE)));
        }
        return new Edit(conditions, puts);
    }
}

package io.matriarch.adapters.raft.message;

import io.matriarch.adapters.raft.lease.BinaryReader;
import io.matriarch.adapters.raft.lease.BinaryWriter;
import io.matriarch.adapters.raft.lease.CommandCodec;
import io.matriarch.adapters.raft.lease.Limits;
import io.matriarch.adapters.raft.lease.MalformedException;
import io.matriarch.adapters.raft.lease.StoreEntry;
import io.matriarch.adapters.raft.lease.TableCodec;
import io.matriarch.adapters.raft.message.StoreReply.Peer;
import io.matriarch.adapters.raft.message.StoreReply.Phase;
import io.matriarch.adapters.raft.message.StoreRequest.Verb;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/** Questions and answers as bytes. The numbers are part of the protocol: never reuse or renumber one. */
public final class MessageCodec {

    private static final int PROPOSE = 1;
    private static final int READ = 2;
    private static final int PRINT = 3;
    private static final int STATUS = 4;
    private static final int RECONFIGURE = 5;
    private static final int RECOVER = 6;
    private static final int FOLLOW = 7;

    private static final int DECIDED = 1;
    private static final int NOT_LEADER = 2;
    private static final int FAILED = 3;
    private static final int CHANGED = 4;
    private static final int ENTRIES = 5;
    private static final int PRINTED = 6;
    private static final int STATUS_REPLY = 7;

    private static final int TEXT = 4096;
    private static final int MANY = 1_000_000;
    private static final long LONGEST_MILLIS = 3_600_000;

    private MessageCodec() {}

    public static byte[] encode(Question question) {
        var out = new BinaryWriter();
        switch (question.request()) {
            case StoreRequest.Propose(var command, var within, boolean forward) ->
                millis(out.u8(PROPOSE), within).flag(forward).bytes(CommandCodec.encode(command));
            case StoreRequest.Read(var prefix, var within, boolean forward) ->
                millis(out.u8(READ), within).flag(forward).text(prefix);
            case StoreRequest.Print(var scope) -> out.u8(PRINT).text(scope);
            case StoreRequest.Status(boolean others) -> out.u8(STATUS).flag(others);
            case StoreRequest.Reconfigure(var verb, var address, var within, boolean forward) ->
                millis(out.u8(RECONFIGURE), within)
                        .flag(forward)
                        .u8(verb.ordinal())
                        .text(address);
            case StoreRequest.Recover(var clusterId, var dead, var within) -> {
                millis(out.u8(RECOVER), within).text(clusterId).i32(dead.size());
                dead.forEach(out::text);
            }
            case StoreRequest.Follow(var former, var clusterId) ->
                out.u8(FOLLOW).text(former).text(clusterId);
        }
        return out.toBytes();
    }

    public static Question question(byte[] bytes) throws MalformedException {
        var in = new BinaryReader(bytes);
        int kind = in.u8();
        StoreRequest request = switch (kind) {
            case PROPOSE -> {
                var within = millis(in);
                boolean forward = in.flag();
                var command = CommandCodec.decode(ByteBuffer.wrap(in.bytes(Limits.COMMAND)));
                yield new StoreRequest.Propose(command, within, forward);
            }
            case READ -> {
                var within = millis(in);
                boolean forward = in.flag();
                yield new StoreRequest.Read(in.text(Limits.SCOPE), within, forward);
            }
            case PRINT -> new StoreRequest.Print(in.text(Limits.SCOPE));
            case STATUS -> new StoreRequest.Status(in.flag());
            case RECONFIGURE -> {
                var within = millis(in);
                boolean forward = in.flag();
                yield new StoreRequest.Reconfigure(pick(Verb.values(), in), in.text(TEXT), within, forward);
            }
            case RECOVER -> {
                var within = millis(in);
                yield new StoreRequest.Recover(in.text(Limits.NAME), texts(in), within);
            }
            case FOLLOW -> new StoreRequest.Follow(in.text(Limits.NAME), in.text(Limits.NAME));
            default -> throw new MalformedException("an unknown question " + kind);
        };
        in.end();
        return new Question(request);
    }

    public static byte[] encode(Answer answer) {
        var out = new BinaryWriter();
        switch (answer.reply()) {
            case StoreReply.Decided(var outcome) -> TableCodec.outcome(out.u8(DECIDED), outcome);
            case StoreReply.NotLeader(var leader) -> out.u8(NOT_LEADER).optional(leader);
            case StoreReply.Failed(var why) -> out.u8(FAILED).text(cut(why));
            case StoreReply.Changed() -> out.u8(CHANGED);
            case StoreReply.Entries(var entries) -> {
                out.u8(ENTRIES).i32(entries.size());
                entries.forEach((path, entry) ->
                        out.text(path).text(entry.value()).i64(entry.revision()).optional(entry.lease()));
            }
            case StoreReply.Printed(long print) -> out.u8(PRINTED).i64(print);
            case StoreReply.Status status -> status(out.u8(STATUS_REPLY), status);
        }
        return out.toBytes();
    }

    public static Answer answer(byte[] bytes) throws MalformedException {
        var in = new BinaryReader(bytes);
        int kind = in.u8();
        StoreReply reply = switch (kind) {
            case DECIDED -> new StoreReply.Decided(TableCodec.outcome(in));
            case NOT_LEADER -> new StoreReply.NotLeader(in.optional(TEXT));
            case FAILED -> new StoreReply.Failed(in.text(TEXT));
            case CHANGED -> new StoreReply.Changed();
            case ENTRIES -> entries(in);
            case PRINTED -> new StoreReply.Printed(in.i64());
            case STATUS_REPLY -> status(in);
            default -> throw new MalformedException("an unknown answer " + kind);
        };
        in.end();
        return new Answer(reply);
    }

    private static StoreReply entries(BinaryReader in) throws MalformedException {
        var entries = new TreeMap<String, StoreEntry>();
        for (int left = in.count(MANY); left > 0; left--) {
            var path = in.text(Limits.SCOPE + Limits.NAME);
            entries.put(path, new StoreEntry(in.text(Limits.VALUE), in.i64(), in.optional(Limits.NAME)));
        }
        return new StoreReply.Entries(entries);
    }

    private static void status(BinaryWriter out, StoreReply.Status status) {
        out.text(status.self()).u8(status.state()).u8(status.phase().ordinal());
        out.optional(status.leader()).text(status.clusterId()).i64(status.term());
        out.i64(status.commitIndex()).i64(status.leaderCommitIndex()).i64(status.lastApplied());
        out.i64(status.lastLogIndex())
                .i64(status.lastLogTerm())
                .i64(status.logLength())
                .flag(status.quorum());
        out.i32(status.peers().size());
        for (var peer : status.peers()) {
            out.text(peer.address()).flag(peer.connected()).i64(peer.match()).i64(peer.next());
        }
        out.i32(status.configured().size());
        status.configured().forEach(out::text);
        out.i32(status.clients()).i64(status.uptimeMillis()).text(status.version());
    }

    private static StoreReply status(BinaryReader in) throws MalformedException {
        return new StoreReply.Status(
                in.text(TEXT),
                in.u8(),
                pick(Phase.values(), in),
                in.optional(TEXT),
                in.text(Limits.NAME),
                in.i64(),
                in.i64(),
                in.i64(),
                in.i64(),
                in.i64(),
                in.i64(),
                in.i64(),
                in.flag(),
                peers(in),
                texts(in),
                in.i32(),
                in.i64(),
                in.text(TEXT));
    }

    private static List<Peer> peers(BinaryReader in) throws MalformedException {
        var peers = new ArrayList<Peer>();
        for (int left = in.count(MANY); left > 0; left--) {
            peers.add(new Peer(in.text(TEXT), in.flag(), in.i64(), in.i64()));
        }
        return peers;
    }

    private static List<String> texts(BinaryReader in) throws MalformedException {
        var texts = new ArrayList<String>();
        for (int left = in.count(MANY); left > 0; left--) {
            texts.add(in.text(TEXT));
        }
        return texts;
    }

    private static BinaryWriter millis(BinaryWriter out, Duration within) {
        return out.i64(Math.clamp(within.toMillis(), 0, LONGEST_MILLIS));
    }

    private static Duration millis(BinaryReader in) throws MalformedException {
        return Duration.ofMillis(Math.clamp(in.i64(), 0, LONGEST_MILLIS));
    }

    private static <T> T pick(T[] values, BinaryReader in) throws MalformedException {
        int number = in.u8();
        if (number >= values.length) {
            throw new MalformedException("number " + number + " of " + values.length);
        }
        return values[number];
    }

    private static String cut(String text) {
        return text.length() <= TEXT / 4 ? text : text.substring(0, TEXT / 4);
    }
}

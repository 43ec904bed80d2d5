package io.matriarch.simulation.mutation;

import static io.matriarch.simulation.mutation.Hunt.FAST_STORE;
import static io.matriarch.simulation.mutation.Hunt.STEPS;
import static io.matriarch.simulation.mutation.Hunt.STORE;
import static io.matriarch.simulation.mutation.Mutations.edit;
import static io.matriarch.simulation.mutation.Mutations.of;

import java.util.List;

/** The embedded store: its notes, its table, its client and its voters (SAF-010 to SAF-018). */
final class StoreMutations {

    private static final Source NOTES = Source.raft("lease/LeaseNotes");
    private static final Source TABLE = Source.raft("lease/LeaseTable");
    private static final Source DCS = Source.raft("RaftDcs");
    private static final Source REQUESTS = Source.raft("voter/RequestService");
    private static final Source KEEPER = Source.loop("LeaseKeeper");

    private static final List<Hunt> STORES = List.of(STORE, FAST_STORE);

    static final List<Mutation> ALL = List.of(
            of(
                    "missing-note-is-zero",
                    "SAF-010: no note means now",
                    STORES,
                    edit(
                            NOTES,
                            "counted(leaseId, seq, now); var note = notes.get(leaseId);",
                            "var note = notes.getOrDefault(leaseId, new Note(seq, MonotonicTime.ofNanos(0)));"),
                    edit(NOTES, "for (var lease : table.leases()) { counted(lease.id(), lease.seq(), now); }", "")),
            of(
                    "note-of-the-previous-seq",
                    "SAF-010: each renewal has a note of its own",
                    STORES,
                    edit(NOTES, "note == null || note.seq < seq", "note == null"),
                    edit(
                            NOTES,
                            "return note.seq == seq ? now.grantorSince(note.at) : Duration.ZERO;",
                            "return now.grantorSince(note.at);")),
            of(
                    "expiry-restarts-at-election",
                    "SAF-010: a lease is counted from its last renewal, not from the last election",
                    STORES,
                    edit(
                            NOTES,
                            "counted(leaseId, seq, now); var note = notes.get(leaseId);",
                            "notes.put(leaseId, new Note(seq, now)); var note = notes.get(leaseId);")),
            of(
                    "expire-compares-the-id-only",
                    "SAF-011: a renewal that was committed between check and proposal wins",
                    STORES,
                    edit(TABLE, "lease == null || lease.seq() != command.seq()", "lease == null")),
            of(
                    "deadline-from-the-reply",
                    "SAF-012: counted from before the first byte left",
                    STORES,
                    edit(DCS, "held(lease, timed.sentAt().plus(ttl))", "held(lease, clock.now().plus(ttl))")),
            of(
                    "deadline-from-an-unanswered-attempt",
                    "SAF-012: only an answered attempt gives a deadline",
                    STORES,
                    edit(
                            DCS,
                            "case StoreReply.Failed(var why) -> new LockResult.Unknown(why);",
                            "case StoreReply.Failed(var why) -> held(lease, timed.sentAt().plus(ttl));")),
            of(
                    "renewed-by-anybody",
                    "SAF-012: a renewal applies only if that lease exists",
                    STORES,
                    edit(
                            DCS,
                            "case StoreReply.Decided(Outcome.Refused(var why)) -> new LockResult.Refused(why);",
                            "case StoreReply.Decided(Outcome.Refused(var why)) -> held(lease, timed.sentAt().plus(ttl));")),
            of(
                    "giver-keeps-its-lease",
                    "SAF-013: a lease that was handed over ends",
                    STORES,
                    edit(
                            TABLE,
                            "end(command.leaseId()); grant(path, command.receiver(), command.offered(),"
                                    + " command.ttlMillis());",
                            "grant(path, command.receiver(), command.offered(), command.ttlMillis());"),
                    edit(DCS, "if (result instanceof WriteResult.Done) { bury(lease.id()); }", ""),
                    edit(KEEPER, "case WriteResult.Done _ -> drop();", "case WriteResult.Done _ -> {}")),
            of(
                    "taken-while-held",
                    "SAF-014: the leader key is created, never replaced",
                    STORES,
                    edit(
                            TABLE,
                            "if (held.isPresent()) { return refused(\"the leader key is held by \" + held.get().value()); }",
                            "")),
            of(
                    "acquired-on-an-old-read",
                    "SAF-017: the revisions on which it was decided",
                    List.of(STEPS),
                    edit(
                            Source.loop("LockActions"),
                            ".when(StoreKey.SYNC, sync) .when(StoreKey.FAILOVER, failover));",
                            ");"),
                    edit(Source.loop("DcsActions"), "change.when(StoreKey.EPOCH, next.revision()).put", "change.put")),
            of(
                    "read-without-the-leader",
                    "linearizable reads: a quorum confirms the leader",
                    STORES,
                    edit(REQUESTS, "var obstacle = voter.catchUp(once);", "var obstacle = Optional.<String>empty();")),
            of(
                    "snapshot-forgets-leases",
                    "SAF-010: a snapshot holds the leases",
                    STORES,
                    edit(
                            Source.raft("lease/TableCodec"),
                            "out.i32(table.leases().size()); for (var lease : table.leases()) {",
                            "out.i32(0); for (var lease : java.util.List.<LeaseRecord>of()) {")));

    private StoreMutations() {}
}

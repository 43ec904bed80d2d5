package io.matriarch.simulation.raft;

import io.matriarch.adapters.raft.voter.ProposalEnd;
import io.matriarch.domain.cluster.MemberName;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;

/**
 * The consensus of one voter, in the shape jraft has it: pre-votes, a leader that steps down without a quorum, an entry
 * of its own term before it may do anything, reads that a quorum confirms. Single-threaded; time comes with the calls.
 */
final class RaftCore {

    private static final int BATCH = 64;

    enum Role {
        FOLLOWER,
        CANDIDATE,
        LEADER
    }

    /** What it asks of the process around it. */
    interface Process {
        long now();

        /** A time between one election timeout and one and a half of it. */
        Duration patience();

        Duration electionTimeout();

        void send(MemberName to, Message message);

        /** Calls back once everything written so far is on the disk. */
        void sync(Runnable done);

        /** Calls back in an event of its own. */
        void soon(Runnable then);

        /** The entry is committed, and the ones before it are applied. */
        void apply(LogEntry entry);

        /** Replaces the applied state. */
        void load(long index, byte[] snapshot);

        void leads(long term);

        void leadsNoMore();
    }

    /** What a leader knows of a follower. */
    private static final class Follower {
        private long next;
        private long match;
        private long heard;
        private long round;
        private long installed;
    }

    private record Read(long round, long index, Consumer<Long> told) {}

    private final MemberName self;
    private final List<MemberName> others;
    private final Disk disk;
    private final Process process;
    private final SortedMap<MemberName, Follower> followers = new TreeMap<>();
    private final SortedMap<Long, Consumer<ProposalEnd>> proposals = new TreeMap<>();
    private final List<Read> reads = new ArrayList<>();
    private final SortedMap<Long, List<Runnable>> untilApplied = new TreeMap<>();
    private final SortedMap<Long, Consumer<Long>> asked = new TreeMap<>();
    private final SortedSet<MemberName> votes = new TreeSet<>();
    private Role role = Role.FOLLOWER;
    private Optional<MemberName> leader = Optional.empty();
    private boolean preVoting;
    private boolean applying;
    private long leaderHeard;
    private long campaignAt;
    private long commit;
    private long applied;
    private long round;
    private long termBegan;
    private long askedIds;
    private Optional<MemberName> transferTo = Optional.empty();

    RaftCore(MemberName self, List<MemberName> others, Disk disk, Process process) {
        this.self = self;
        this.others = List.copyOf(others);
        this.disk = disk;
        this.process = process;
    }

    /** Loads what is on the disk. What of the log is committed is not: a leader will say. */
    void start() {
        leaderHeard = process.now() - process.electionTimeout().toNanos();
        campaignAt = process.now() + process.patience().toNanos();
        disk.snapshot().ifPresent(table -> {
            commit = disk.snapshotIndex();
            applied = commit;
            process.load(applied, table);
        });
    }

    Role role() {
        return role;
    }

    long term() {
        return disk.term();
    }

    long applied() {
        return applied;
    }

    Optional<MemberName> leader() {
        return leader;
    }

    // --- proposals and reads

    /** Puts a command into the log, if this voter leads, in the expected term if that is not negative. */
    void propose(byte[] command, long expectedTerm, Consumer<ProposalEnd> end) {
        if (role != Role.LEADER || transferTo.isPresent()) {
            end.accept(new ProposalEnd.NotTaken("Is not leader."));
            return;
        }
        if (expectedTerm >= 0 && expectedTerm != term()) {
            end.accept(new ProposalEnd.Uncertain("expected term " + expectedTerm + ", it is " + term()));
            return;
        }
        var entry = new LogEntry(disk.lastIndex() + 1, term(), command);
        proposals.put(entry.index(), end);
        append(entry);
    }

    private void append(LogEntry entry) {
        disk.append(entry);
        long mine = term();
        process.sync(() -> {
            disk.syncedTo(entry.index());
            if (role == Role.LEADER && term() == mine) {
                advance();
            }
        });
        for (var other : others) {
            replicate(other);
        }
    }

    /** Tells, once it is known, the index up to which one has to apply to have seen everything; negative if it fails. */
    void readIndex(Consumer<Long> told) {
        if (role == Role.LEADER) {
            if (applied < termBegan) {
                told.accept(-1L);
                return;
            }
            round++;
            reads.add(new Read(round, commit, told));
            others.forEach(this::replicate);
            confirmReads();
        } else if (leader.isPresent()) {
            long id = ++askedIds;
            asked.put(id, told);
            process.send(leader.get(), new Message.ReadIndex(id, self));
        } else {
            told.accept(-1L);
        }
    }

    /** Runs it once the entry with this index is applied. */
    void onceApplied(long index, Runnable then) {
        if (applied >= index) {
            then.run();
        } else {
            untilApplied.computeIfAbsent(index, _ -> new ArrayList<>()).add(then);
        }
    }

    /** Followers hear of commits at once. */
    void tellCommit() {
        if (role == Role.LEADER) {
            others.forEach(this::replicate);
        }
    }

    // --- time

    /** Looks at the time, some times an election timeout: a leader's heartbeats go with it. */
    void tick() {
        long now = process.now();
        if (role == Role.LEADER) {
            long heard = followers.values().stream()
                    .filter(one -> now - one.heard < process.electionTimeout().toNanos())
                    .count();
            if (1 + heard < quorum()) {
                stepDown(term(), Optional.empty());
            } else {
                others.forEach(this::replicate);
            }
        } else if (now >= campaignAt) {
            leader = Optional.empty();
            preVote();
        }
    }

    private int quorum() {
        return (others.size() + 1) / 2 + 1;
    }

    private void preVote() {
        campaignAt = process.now() + process.patience().toNanos();
        role = Role.FOLLOWER;
        preVoting = true;
        votes.clear();
        votes.add(self);
        for (var other : others) {
            process.send(other, new Message.PreVote(term() + 1, self, disk.lastIndex(), disk.lastTerm()));
        }
        if (votes.size() >= quorum()) {
            campaign();
        }
    }

    private void campaign() {
        preVoting = false;
        disk.vote(term() + 1, Optional.of(self));
        role = Role.CANDIDATE;
        leader = Optional.empty();
        campaignAt = process.now() + process.patience().toNanos();
        votes.clear();
        votes.add(self);
        for (var other : others) {
            process.send(other, new Message.Vote(term(), self, disk.lastIndex(), disk.lastTerm()));
        }
        if (votes.size() >= quorum()) {
            lead();
        }
    }

    private void lead() {
        role = Role.LEADER;
        leader = Optional.of(self);
        transferTo = Optional.empty();
        followers.clear();
        for (var other : others) {
            var follower = new Follower();
            follower.next = disk.lastIndex() + 1;
            follower.heard = process.now();
            followers.put(other, follower);
        }
        termBegan = disk.lastIndex() + 1;
        append(LogEntry.beginning(termBegan, term()));
    }

    private void stepDown(long newTerm, Optional<MemberName> newLeader) {
        boolean led = role == Role.LEADER;
        if (newTerm > term()) {
            disk.vote(newTerm, Optional.empty());
        }
        role = Role.FOLLOWER;
        leader = newLeader;
        preVoting = false;
        transferTo = Optional.empty();
        campaignAt = process.now() + process.patience().toNanos();
        if (led) {
            process.leadsNoMore();
            var open = new TreeMap<>(proposals);
            proposals.clear();
            open.values().forEach(end -> end.accept(new ProposalEnd.Uncertain("the leader steps down")));
            var unread = List.copyOf(reads);
            reads.clear();
            unread.forEach(read -> read.told().accept(-1L));
        }
    }

    /** The process ends: nobody will be told. */
    void stop() {
        role = Role.FOLLOWER;
        leader = Optional.empty();
        proposals.clear();
        reads.clear();
    }

    // --- messages

    void receive(Message message) {
        switch (message) {
            case Message.PreVote m -> onPreVote(m);
            case Message.PreVoteAnswer m -> onPreVoteAnswer(m);
            case Message.Vote m -> onVote(m);
            case Message.VoteAnswer m -> onVoteAnswer(m);
            case Message.Append m -> onAppend(m);
            case Message.AppendAnswer m -> onAppendAnswer(m);
            case Message.Install m -> onInstall(m);
            case Message.ReadIndex(long id, var follower) -> {
                if (role == Role.LEADER) {
                    readIndex(index -> process.send(follower, new Message.ReadIndexAnswer(id, index)));
                } else {
                    process.send(follower, new Message.ReadIndexAnswer(id, -1));
                }
            }
            case Message.ReadIndexAnswer(long id, long index) -> {
                var waiting = asked.remove(id);
                if (waiting != null) {
                    waiting.accept(index);
                }
            }
            case Message.Transfer(var receiver) -> {
                if (role == Role.LEADER && followers.containsKey(receiver)) {
                    transferTo = Optional.of(receiver);
                    tryTransfer();
                }
            }
            case Message.TimeoutNow(long term) -> {
                if (term == term() && role == Role.FOLLOWER) {
                    campaign();
                }
            }
        }
    }

    private boolean upToDate(long lastIndex, long lastTerm) {
        return lastTerm > disk.lastTerm() || lastTerm == disk.lastTerm() && lastIndex >= disk.lastIndex();
    }

    private void onPreVote(Message.PreVote asks) {
        boolean leaderIsThere = role == Role.LEADER
                || leader.isPresent()
                        && process.now() - leaderHeard
                                < process.electionTimeout().toNanos();
        boolean granted = !leaderIsThere && asks.term() >= term() && upToDate(asks.lastIndex(), asks.lastTerm());
        process.send(asks.candidate(), new Message.PreVoteAnswer(term(), self, granted, asks.term()));
    }

    private void onPreVoteAnswer(Message.PreVoteAnswer answer) {
        if (answer.term() > term()) {
            stepDown(answer.term(), Optional.empty());
        } else if (preVoting && answer.granted() && answer.asked() == term() + 1) {
            votes.add(answer.voter());
            if (votes.size() >= quorum()) {
                campaign();
            }
        }
    }

    private void onVote(Message.Vote asks) {
        if (asks.term() > term()) {
            stepDown(asks.term(), Optional.empty());
        }
        boolean granted = asks.term() == term()
                && disk.vote().filter(one -> !one.equals(asks.candidate())).isEmpty()
                && role == Role.FOLLOWER
                && upToDate(asks.lastIndex(), asks.lastTerm());
        if (granted) {
            disk.vote(term(), Optional.of(asks.candidate()));
            campaignAt = process.now() + process.patience().toNanos();
            preVoting = false;
        }
        process.send(asks.candidate(), new Message.VoteAnswer(term(), self, granted));
    }

    private void onVoteAnswer(Message.VoteAnswer answer) {
        if (answer.term() > term()) {
            stepDown(answer.term(), Optional.empty());
        } else if (role == Role.CANDIDATE && answer.term() == term() && answer.granted()) {
            votes.add(answer.voter());
            if (votes.size() >= quorum()) {
                lead();
            }
        }
    }

    private boolean accepts(long term, MemberName from) {
        if (term < term()) {
            return false;
        }
        if (term > term() || role != Role.FOLLOWER || !leader.equals(Optional.of(from))) {
            stepDown(term, Optional.of(from));
        }
        preVoting = false;
        leaderHeard = process.now();
        campaignAt = process.now() + process.patience().toNanos();
        return true;
    }

    private void onAppend(Message.Append append) {
        if (!accepts(append.term(), append.leader())) {
            // Its round belongs to another term, and confirms nothing in this one.
            process.send(append.leader(), new Message.AppendAnswer(term(), self, false, disk.lastIndex(), 0));
            return;
        }
        long previous = append.previousIndex();
        if (previous > applied && disk.termOf(previous) != append.previousTerm()) {
            long hint = Math.min(disk.lastIndex(), previous - 1);
            process.send(append.leader(), new Message.AppendAnswer(term(), self, false, hint, append.round()));
            return;
        }
        for (var entry : append.entries()) {
            if (entry.index() <= applied || disk.termOf(entry.index()) == entry.term()) {
                continue;
            }
            if (disk.has(entry.index())) {
                disk.truncate(entry.index());
            }
            disk.append(entry);
        }
        long match = append.entries().isEmpty()
                ? previous
                : append.entries().getLast().index();
        if (match <= disk.synced()) {
            process.send(append.leader(), new Message.AppendAnswer(term(), self, true, match, append.round()));
            commitTo(Math.min(append.commit(), match));
            return;
        }
        long mine = term();
        process.sync(() -> {
            if (term() == mine) {
                disk.syncedTo(match);
                process.send(append.leader(), new Message.AppendAnswer(mine, self, true, match, append.round()));
                commitTo(Math.min(append.commit(), match));
            }
        });
    }

    private void onInstall(Message.Install install) {
        if (!accepts(install.term(), install.leader())) {
            return;
        }
        if (install.index() > applied) {
            disk.install(install.index(), install.indexTerm(), install.snapshot());
            commit = Math.max(commit, install.index());
            applied = install.index();
            process.load(applied, install.snapshot());
            wakeApplied();
        }
        process.send(install.leader(), new Message.AppendAnswer(term(), self, true, install.index(), 0));
    }

    private void onAppendAnswer(Message.AppendAnswer answer) {
        if (answer.term() > term()) {
            stepDown(answer.term(), Optional.empty());
            return;
        }
        var follower = followers.get(answer.follower());
        if (role != Role.LEADER || answer.term() != term() || follower == null) {
            return;
        }
        follower.heard = process.now();
        follower.round = Math.max(follower.round, answer.round());
        if (answer.success()) {
            follower.match = Math.max(follower.match, answer.match());
            follower.next = Math.max(follower.next, follower.match + 1);
            advance();
            tryTransfer();
        } else {
            follower.next = Math.max(follower.match + 1, Math.min(follower.next - 1, answer.match() + 1));
            replicate(answer.follower());
        }
        confirmReads();
    }

    private void tryTransfer() {
        if (transferTo.isPresent() && followers.get(transferTo.get()).match == disk.lastIndex()) {
            process.send(transferTo.get(), new Message.TimeoutNow(term()));
            transferTo = Optional.empty();
        }
    }

    /** Gives up a transfer that its receiver does not come to. */
    void abandonTransfer() {
        transferTo = Optional.empty();
    }

    private void replicate(MemberName other) {
        var follower = followers.get(other);
        long next = Math.max(1, follower.next);
        long previous = next - 1;
        if (previous < disk.firstIndex() - 1 || disk.termOf(previous) < 0) {
            install(other, follower);
            return;
        }
        var entries = disk.from(next, BATCH);
        follower.next = next + entries.size();
        process.send(other, new Message.Append(term(), self, previous, disk.termOf(previous), entries, commit, round));
    }

    private void install(MemberName other, Follower follower) {
        long again = process.electionTimeout().toNanos() / 2;
        if (disk.snapshot().isPresent() && process.now() - follower.installed >= again) {
            follower.installed = process.now();
            process.send(
                    other,
                    new Message.Install(
                            term(),
                            self,
                            disk.snapshotIndex(),
                            disk.snapshotTerm(),
                            disk.snapshot().get()));
        }
    }

    private void advance() {
        var matches = new ArrayList<Long>();
        matches.add(disk.synced());
        followers.values().forEach(one -> matches.add(one.match));
        matches.sort(null);
        long agreed = matches.get(matches.size() - quorum());
        if (agreed > commit && disk.termOf(agreed) == term()) {
            commitTo(agreed);
        }
    }

    private void commitTo(long index) {
        commit = Math.max(commit, Math.min(index, disk.lastIndex()));
        applyNext();
    }

    /** One entry an event: what looks at the store after each event misses none. */
    private void applyNext() {
        if (applying || applied >= commit) {
            return;
        }
        var entry = disk.entry(applied + 1);
        applied++;
        process.apply(entry);
        if (role == Role.LEADER && entry.index() == termBegan) {
            process.leads(term());
        }
        wakeApplied();
        if (applied < commit) {
            applying = true;
            process.soon(() -> {
                applying = false;
                applyNext();
            });
        }
    }

    /** The end of the proposal behind an entry that was just applied, if it was made here. */
    Optional<Consumer<ProposalEnd>> proposal(long index) {
        return Optional.ofNullable(proposals.remove(index));
    }

    private void wakeApplied() {
        while (!untilApplied.isEmpty() && untilApplied.firstKey() <= applied) {
            untilApplied.pollFirstEntry().getValue().forEach(Runnable::run);
        }
    }

    private void confirmReads() {
        var confirmed = reads.stream()
                .filter(read -> 1
                                + followers.values().stream()
                                        .filter(one -> one.round >= read.round())
                                        .count()
                        >= quorum())
                .toList();
        reads.removeAll(confirmed);
        confirmed.forEach(read -> read.told().accept(read.index()));
    }
}

package io.matriarch.adapters.raft;

import com.alipay.sofa.jraft.Closure;
import com.alipay.sofa.jraft.Iterator;
import com.alipay.sofa.jraft.Status;
import com.alipay.sofa.jraft.core.StateMachineAdapter;
import com.alipay.sofa.jraft.entity.LeaderChangeContext;
import com.alipay.sofa.jraft.error.RaftError;
import com.alipay.sofa.jraft.error.RaftException;
import com.alipay.sofa.jraft.storage.snapshot.SnapshotReader;
import com.alipay.sofa.jraft.storage.snapshot.SnapshotWriter;
import io.matriarch.adapters.raft.lease.ExpiryRule;
import io.matriarch.adapters.raft.lease.LeaseNotes;
import io.matriarch.adapters.raft.lease.LeaseTable;
import io.matriarch.adapters.raft.lease.MalformedException;
import io.matriarch.adapters.raft.voter.VoterState;
import io.matriarch.domain.time.MonotonicTime;
import io.matriarch.ports.time.Clock;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Set;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The shell between jraft and the {@link VoterState}: it applies entries, and saves and loads the table. It never throws into jraft: an exception out of {@link #onApply} can cost the group its
 * leader's start (jraft issue 1158). What cannot be applied stops this node with an error instead, because a member that
 * skips an entry others apply would answer with another truth.
 */
final class RaftStateMachine extends StateMachineAdapter {

    private static final Logger log = LoggerFactory.getLogger(RaftStateMachine.class);
    private static final String SNAPSHOT_FILE = "table";
    private static final long NOT_LEADING = -1;

    private final VoterState state;
    private final Listener listener;
    private volatile long leaderTerm = NOT_LEADING;

    /** What the node around it wants to know. Called on jraft's threads: return at once, throw nothing. */
    interface Listener {

        /** This member leads and has applied an entry of its own term. */
        void leads(long term);

        /** Something changed in these scopes that a turn should look at. */
        void woken(Set<String> scopes);

        /** Everything may have changed: a snapshot was loaded. */
        void replaced();

        /** The node has stopped for good. */
        void failed(String why);
    }

    RaftStateMachine(Clock clock, LeaseNotes notes, Listener listener) {
        this.state = new VoterState(clock, notes);
        this.listener = listener;
    }

    /** The term this member leads in, if it has applied an entry of it; else -1. */
    long leaderTerm() {
        return leaderTerm;
    }

    /** When the last entry was applied here. */
    MonotonicTime lastApplied() {
        return state.lastApplied();
    }

    /** Reads the table; what it returns must be a copy. */
    <T> T read(Function<LeaseTable, T> reader) {
        return state.read(reader);
    }

    ExpiryRule.Due due(ExpiryRule rule, Duration longest) {
        return state.due(rule, longest);
    }

    @Override
    public void onApply(Iterator entries) {
        while (entries.hasNext()) {
            try {
                var effect = state.apply(entries.getIndex(), entries.getData());
                if (entries.done() instanceof Proposal proposal) {
                    proposal.applied(effect.outcome());
                }
                if (!effect.woken().isEmpty()) {
                    listener.woken(effect.woken());
                }
            } catch (MalformedException | RuntimeException e) {
                log.error("cannot apply entry {}, this member stops: {}", entries.getIndex(), e.toString(), e);
                var why = new Status(RaftError.ESTATEMACHINE, "entry %d: %s", entries.getIndex(), e.getMessage());
                entries.setErrorAndRollback(1, why);
                return;
            }
            entries.next();
        }
    }

    @Override
    public void onSnapshotSave(SnapshotWriter writer, Closure done) {
        var bytes = state.save();
        Thread.ofVirtual().name("raft-snapshot").start(() -> done.run(save(writer, bytes)));
    }

    private static Status save(SnapshotWriter writer, byte[] bytes) {
        var file = Path.of(writer.getPath(), SNAPSHOT_FILE);
        try (var channel = FileChannel.open(
                file, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
            var buffer = ByteBuffer.wrap(bytes);
            while (buffer.hasRemaining()) {
                channel.write(buffer);
            }
            channel.force(true);
        } catch (IOException e) {
            log.error("cannot write the snapshot {}: {}", file, e.toString());
            return new Status(RaftError.EIO, "cannot write %s: %s", file, e.getMessage());
        }
        return writer.addFile(SNAPSHOT_FILE)
                ? Status.OK()
                : new Status(RaftError.EIO, "cannot add %s to the snapshot", SNAPSHOT_FILE);
    }

    @Override
    public boolean onSnapshotLoad(SnapshotReader reader) {
        var file = Path.of(reader.getPath(), SNAPSHOT_FILE);
        try {
            state.load(Files.readAllBytes(file));
            listener.replaced();
            return true;
        } catch (IOException | RuntimeException e) {
            log.error("cannot load the snapshot {}: {}", file, e.toString());
            return false;
        }
    }

    /** jraft calls this once the first entry of the term was applied. */
    @Override
    public void onLeaderStart(long term) {
        leaderTerm = term;
        state.touch();
        listener.leads(term);
    }

    @Override
    public void onLeaderStop(Status status) {
        leaderTerm = NOT_LEADING;
        log.info("no longer leads the raft group: {}", status.getErrorMsg());
    }

    @Override
    public void onStartFollowing(LeaderChangeContext context) {
        log.info("follows {} in term {}", context.getLeaderId(), context.getTerm());
    }

    @Override
    public void onStopFollowing(LeaderChangeContext context) {
        log.info("no longer follows {} in term {}", context.getLeaderId(), context.getTerm());
    }

    @Override
    public void onError(RaftException e) {
        leaderTerm = NOT_LEADING;
        listener.failed(e.getMessage());
    }
}

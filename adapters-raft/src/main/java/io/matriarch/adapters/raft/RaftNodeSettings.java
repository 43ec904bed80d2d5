package io.matriarch.adapters.raft;

import com.alipay.sofa.jraft.util.Endpoint;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;

/**
 * What makes one Raft member. {@link RaftNodes} turns it into jraft's options.
 *
 * @param groupId the same on all members; letters, digits, {@code _} and {@code -}, starting with a letter
 * @param self the address the others reach this member at, and its name in the group
 * @param bind where the port is opened, {@code 0.0.0.0} allowed
 * @param dataDir has the directories {@code log}, {@code meta} and {@code snapshot}
 * @param initialMembers the group at its first start, this member included; empty for a member that joins a running group
 *     (the group has to add it). Ignored once there is a log.
 * @param electionTimeout 100 ms to 60 s; a follower that hears nothing for so long, plus at most half of it, campaigns
 * @param snapshotInterval how often a snapshot is considered
 * @param snapshotEntries a snapshot is taken only if at least this many entries were applied since the last one
 * @param snapshotLogBytes a snapshot is taken early once the log grew by this many bytes
 */
public record RaftNodeSettings(
        String groupId,
        Endpoint self,
        InetSocketAddress bind,
        Path dataDir,
        List<Endpoint> initialMembers,
        Duration electionTimeout,
        Duration snapshotInterval,
        int snapshotEntries,
        long snapshotLogBytes) {

    private static final Duration SHORT_TTL = Duration.ofSeconds(5);

    public RaftNodeSettings {
        Objects.requireNonNull(groupId, "groupId");
        Objects.requireNonNull(self, "self");
        Objects.requireNonNull(bind, "bind");
        Objects.requireNonNull(dataDir, "dataDir");
        initialMembers = List.copyOf(initialMembers);
        if (electionTimeout.toMillis() < 100 || electionTimeout.toMillis() > 60_000) {
            throw new IllegalArgumentException("election timeout " + electionTimeout + " is not in 100 ms..60 s");
        }
        if (snapshotInterval.toSeconds() < 1 || snapshotEntries < 1 || snapshotLogBytes < 1) {
            throw new IllegalArgumentException("snapshot interval, entries and bytes must be positive");
        }
    }

    /** The defaults: bound to the port of {@code self} on all addresses, election timeout by {@link #electionTimeoutFor}. */
    public static RaftNodeSettings of(
            String groupId, Endpoint self, Path dataDir, List<Endpoint> initialMembers, Duration ttl) {
        return new RaftNodeSettings(
                groupId,
                self,
                new InetSocketAddress(self.getPort()),
                dataDir,
                initialMembers,
                electionTimeoutFor(ttl),
                Duration.ofSeconds(60),
                1000,
                8L * 1024 * 1024);
    }

    /** 1000 ms, and 500 ms for a ttl below 5 s: a leader must be back before leases end (SAF-071). */
    public static Duration electionTimeoutFor(Duration ttl) {
        return Duration.ofMillis(ttl.compareTo(SHORT_TTL) < 0 ? 500 : 1000);
    }

    /** The random addition to the election timeout is at most this. */
    public Duration maxElectionDelay() {
        return electionTimeout.dividedBy(2);
    }

    public RaftNodeSettings withBind(InetSocketAddress address) {
        return new RaftNodeSettings(
                groupId,
                self,
                address,
                dataDir,
                initialMembers,
                electionTimeout,
                snapshotInterval,
                snapshotEntries,
                snapshotLogBytes);
    }

    public RaftNodeSettings withElectionTimeout(Duration timeout) {
        return new RaftNodeSettings(
                groupId,
                self,
                bind,
                dataDir,
                initialMembers,
                timeout,
                snapshotInterval,
                snapshotEntries,
                snapshotLogBytes);
    }

    public RaftNodeSettings withSnapshots(Duration interval, int entries, long logBytes) {
        return new RaftNodeSettings(
                groupId, self, bind, dataDir, initialMembers, electionTimeout, interval, entries, logBytes);
    }
}

package io.matriarch.adapters.raft;

import com.alipay.sofa.jraft.util.Endpoint;
import io.matriarch.adapters.raft.lease.Outcome;
import io.matriarch.adapters.raft.lease.RaftCommand;
import io.matriarch.adapters.raft.lease.StoreEntry;
import io.matriarch.adapters.raft.message.Asked;
import io.matriarch.adapters.raft.message.StoreReply;
import io.matriarch.adapters.raft.message.StoreRequest;
import io.matriarch.adapters.raft.message.StoreRequest.Verb;
import io.matriarch.adapters.raft.rpc.RaftTransport;
import io.matriarch.domain.cluster.Revision;
import io.matriarch.domain.time.MonotonicTime;
import io.matriarch.ports.dcs.ConsensusAdmin;
import io.matriarch.ports.dcs.DcsUnavailableException;
import io.matriarch.ports.dcs.WriteResult;
import io.matriarch.ports.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;

/**
 * Administration over the Raft port. A change that a member refuses, also because it knows of no leader, is
 * {@code Refused}; a connection that cannot be made or ends is {@code Unknown}.
 */
final class RaftAdmin implements ConsensusAdmin {

    private final RaftTransport transport;
    private final PeerLinks links;
    private final RemoteGateway gateway;

    RaftAdmin(RaftTransport transport, List<Endpoint> members) {
        this.transport = transport;
        this.links = new PeerLinks(transport, new NoClock());
        this.gateway = new RemoteGateway(transport, members, new NoClock());
    }

    @Override
    public NodeStatus status(String address, Duration timeout) throws DcsUnavailableException {
        var member = Addresses.parse(address)
                .orElseThrow(() -> new DcsUnavailableException("'" + address + "' is not host:port"));
        return switch (links.ask(member, new StoreRequest.Status(true), timeout)) {
            case Asked.Answered(StoreReply.Status status, var _) -> view(status);
            case Asked.Answered(var other, var _) -> throw new DcsUnavailableException(member + " answers " + other);
            case Asked.NotSent(var why) -> throw new DcsUnavailableException(why);
            case Asked.Lost(var why) -> throw new DcsUnavailableException(why);
        };
    }

    private static NodeStatus view(StoreReply.Status status) {
        var partners = new TreeMap<String, Boolean>();
        var match = new TreeMap<String, Long>();
        var next = new TreeMap<String, Long>();
        for (var peer : status.peers()) {
            partners.put(peer.address(), peer.connected());
            if (status.state() == 2) {
                match.put(peer.address(), peer.match());
                next.put(peer.address(), peer.next());
            }
        }
        return new NodeStatus(
                status.self(),
                status.state(),
                status.leader(),
                status.term(),
                status.commitIndex(),
                status.leaderCommitIndex(),
                status.lastApplied(),
                status.logLength(),
                status.quorum(),
                partners,
                match,
                next,
                new TreeSet<>(status.configured()),
                status.clients(),
                Duration.ofMillis(status.uptimeMillis()),
                status.version());
    }

    @Override
    public WriteResult add(String address, String voter, Duration timeout) {
        return change(Verb.ADD, address, voter, timeout);
    }

    @Override
    public WriteResult remove(String address, String voter, Duration timeout) {
        if (Addresses.parse(address).equals(Addresses.parse(voter))) {
            return new WriteResult.Refused("ask another member to remove " + voter);
        }
        return change(Verb.REMOVE, address, voter, timeout);
    }

    @Override
    public WriteResult transferLeadership(String address, String voter, Duration timeout) {
        return change(Verb.TRANSFER, address, voter, timeout);
    }

    @Override
    public WriteResult snapshot(String address, Duration timeout) {
        return change(Verb.SNAPSHOT, address, address, timeout);
    }

    private WriteResult change(Verb verb, String address, String voter, Duration timeout) {
        var member = Addresses.parse(address);
        if (member.isEmpty() || Addresses.parse(voter).isEmpty()) {
            return new WriteResult.Refused("not host:port: " + address + ", " + voter);
        }
        return outcome(
                member.get(),
                links.ask(member.get(), new StoreRequest.Reconfigure(verb, voter, timeout, true), timeout));
    }

    private static WriteResult outcome(Endpoint member, Asked asked) {
        return switch (asked) {
            case Asked.Answered(StoreReply.Changed(), var _) -> new WriteResult.Done(Revision.ABSENT);
            case Asked.Answered(StoreReply.NotLeader _, var _) -> new WriteResult.Refused("nobody leads the group");
            case Asked.Answered(StoreReply.Failed(var why), var _) -> new WriteResult.Refused(why);
            case Asked.Answered(var other, var _) -> new WriteResult.Unknown(member + " answers " + other);
            case Asked.NotSent(var why) -> new WriteResult.Unknown(why);
            case Asked.Lost(var why) -> new WriteResult.Unknown(why);
        };
    }

    @Override
    public Optional<String> get(String path, Duration timeout) throws DcsUnavailableException {
        return Optional.ofNullable(read(path, timeout).get(path)).map(StoreEntry::value);
    }

    @Override
    public List<RawEntry> dump(String prefix, Duration timeout) throws DcsUnavailableException {
        return read(prefix, timeout).entrySet().stream()
                .map(found -> new RawEntry(
                        found.getKey(),
                        found.getValue().value(),
                        found.getValue().revision(),
                        found.getValue().lease()))
                .toList();
    }

    private SortedMap<String, StoreEntry> read(String prefix, Duration timeout) throws DcsUnavailableException {
        var reply = gateway.ask(new StoreRequest.Read(prefix, timeout, true), timeout)
                .reply();
        if (reply instanceof StoreReply.Entries(var entries)) {
            return entries;
        }
        throw new DcsUnavailableException(reply instanceof StoreReply.Failed(var why) ? why : "nobody leads the group");
    }

    @Override
    public WriteResult put(String path, String value, Duration timeout) {
        return write(path, Optional.of(value), timeout);
    }

    @Override
    public WriteResult delete(String path, Duration timeout) {
        long start = System.nanoTime();
        try {
            if (get(path, timeout).isEmpty()) {
                return new WriteResult.Refused("there is no key " + path);
            }
        } catch (DcsUnavailableException e) {
            return new WriteResult.Unknown(e.getMessage());
        }
        return write(path, Optional.empty(), timeout.minusNanos(System.nanoTime() - start));
    }

    private WriteResult write(String path, Optional<String> value, Duration timeout) {
        RaftCommand command;
        try {
            command = RawKey.of(path).write(value);
        } catch (IllegalArgumentException e) {
            return new WriteResult.Refused(e.getMessage());
        }
        return switch (gateway.ask(new StoreRequest.Propose(command, timeout, true), timeout)
                .reply()) {
            case StoreReply.Decided(Outcome.Applied(long revision, var _)) ->
                new WriteResult.Done(new Revision(revision));
            case StoreReply.Decided(Outcome.Refused(var why)) -> new WriteResult.Refused(why);
            case StoreReply.NotLeader _ -> new WriteResult.Unknown("nothing was done: " + gateway.obstacles());
            case StoreReply.Failed(var why) -> new WriteResult.Unknown(why);
            case StoreReply.Entries _, StoreReply.Changed _, StoreReply.Printed _, StoreReply.Status _ ->
                new WriteResult.Unknown("an answer to something else");
        };
    }

    @Override
    public List<NodeCopy> copies(String address, Duration timeout) throws DcsUnavailableException {
        var asked = shallow(address, timeout);
        var copies = new ArrayList<NodeCopy>();
        copies.add(copy(asked));
        for (var peer : asked.peers()) {
            try {
                copies.add(copy(shallow(peer.address(), timeout)));
            } catch (DcsUnavailableException _) {
                copies.add(new NodeCopy(peer.address(), false, 0, 0, 0, Optional.empty()));
            }
        }
        return copies;
    }

    private StoreReply.Status shallow(String address, Duration timeout) throws DcsUnavailableException {
        var member = Addresses.parse(address)
                .orElseThrow(() -> new DcsUnavailableException("'" + address + "' is not host:port"));
        return switch (links.ask(member, new StoreRequest.Status(false), timeout)) {
            case Asked.Answered(StoreReply.Status status, var _) -> status;
            case Asked.Answered(var other, var _) -> throw new DcsUnavailableException(member + " answers " + other);
            case Asked.NotSent(var why) -> throw new DcsUnavailableException(why);
            case Asked.Lost(var why) -> throw new DcsUnavailableException(why);
        };
    }

    private static NodeCopy copy(StoreReply.Status status) {
        return new NodeCopy(
                status.self(),
                true,
                status.lastLogTerm(),
                status.lastLogIndex(),
                status.commitIndex(),
                status.leader());
    }

    /** May be repeated: a store that goes on alone already takes those survivors in that it still lacks. */
    @Override
    public WriteResult recover(String address, List<String> survivors, List<String> dead, Duration timeout) {
        try {
            var before = shallow(address, timeout);
            var identity = before.clusterId();
            if (!leadsWithout(before, survivors)) {
                identity = UUID.randomUUID().toString();
                var recovered = asked(address, new StoreRequest.Recover(identity, dead, timeout), timeout);
                if (!(recovered instanceof WriteResult.Done)) {
                    return recovered;
                }
            }
            for (var survivor : survivors) {
                var former = shallow(survivor, timeout).clusterId();
                var follows = asked(survivor, new StoreRequest.Follow(former, identity), timeout);
                var added = follows instanceof WriteResult.Done ? add(address, survivor, timeout) : follows;
                if (!(added instanceof WriteResult.Done)) {
                    return new WriteResult.Unknown("the store works, " + survivor + " did not join it: " + added);
                }
            }
            return new WriteResult.Done(Revision.ABSENT);
        } catch (DcsUnavailableException e) {
            return new WriteResult.Unknown(e.getMessage());
        }
    }

    private static boolean leadsWithout(StoreReply.Status status, List<String> survivors) {
        return !survivors.isEmpty()
                && status.leader().equals(Optional.of(status.self()))
                && status.peers().stream().map(StoreReply.Peer::address).noneMatch(survivors::contains);
    }

    private WriteResult asked(String address, StoreRequest request, Duration timeout) {
        var member = Addresses.parse(address);
        if (member.isEmpty()) {
            return new WriteResult.Refused("'" + address + "' is not host:port");
        }
        return outcome(member.get(), links.ask(member.get(), request, timeout));
    }

    @Override
    public void close() {
        links.close();
        gateway.close();
        transport.close();
    }

    /** Nothing here is counted on a lease's clocks. */
    private static final class NoClock implements Clock {
        @Override
        public MonotonicTime now() {
            return MonotonicTime.ofNanos(System.nanoTime());
        }

        @Override
        public Instant wallClock() {
            return Instant.now();
        }
    }
}

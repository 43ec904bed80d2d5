package io.matriarch.adapters.raft;

import com.alipay.sofa.jraft.util.Endpoint;
import io.matriarch.adapters.raft.message.Asked;
import io.matriarch.adapters.raft.message.StoreReply;
import io.matriarch.adapters.raft.message.StoreReply.Phase;
import io.matriarch.adapters.raft.message.StoreRequest;
import java.time.Duration;
import java.util.Collection;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says where this member's configuration and the group's log differ about who votes. The log counts, always: a file that is
 * edited on one host must not change a majority. Not safe for several threads.
 */
final class MembershipReport {

    private static final Logger log = LoggerFactory.getLogger(MembershipReport.class);

    /** A member that starts replays old configurations, and one that was elected out hears of nobody for a while. */
    private static final int LOOKS = 3;

    private static final int LEADERLESS_LOOKS = 20;
    private static final Duration ASK = Duration.ofMillis(500);

    private final RaftNode node;
    private final PeerLinks links;
    private SortedSet<String> seen = new TreeSet<>();
    private int unchanged;
    private int leaderless;

    MembershipReport(RaftNode node, PeerLinks links) {
        this.node = node;
        this.links = links;
    }

    /** Called once an election timeout. */
    void look() {
        if (node.formation().phase() == Phase.BLANK) {
            return;
        }
        lookForRemoval();
        var voters = texts(node.voters());
        unchanged = voters.equals(seen) ? unchanged + 1 : 0;
        seen = voters;
        if (unchanged == LOOKS) {
            compare(voters);
        }
    }

    private void compare(SortedSet<String> voters) {
        var configured = texts(node.settings().everybody());
        if (!voters.contains(node.self().toString())) {
            removed(voters);
        } else if (!voters.equals(configured)) {
            log.warn(
                    "the raft group consists of {}, self_addr and partner_addrs name {}: the group's log counts",
                    voters,
                    configured);
        }
    }

    /** The leader stops sending to a removed member, often before that member has heard of its removal. */
    private void lookForRemoval() {
        leaderless = node.leader().isPresent() ? 0 : leaderless + 1;
        if (leaderless != LEADERLESS_LOOKS) {
            return;
        }
        for (var partner : node.settings().partners()) {
            if (links.ask(partner, new StoreRequest.Status(false), ASK) instanceof Asked.Answered answered
                    && answered.reply() instanceof StoreReply.Status status
                    && status.leader().isPresent()
                    && status.clusterId().equals(node.clusterId())) {
                var voters = new TreeSet<>(
                        status.peers().stream().map(StoreReply.Peer::address).toList());
                if (!voters.contains(node.self().toString())) {
                    voters.add(partner.toString());
                    removed(voters);
                    return;
                }
            }
        }
    }

    private void removed(SortedSet<String> voters) {
        log.warn(
                "{} was removed from the raft group, which consists of {}\nhint: matriarchctl raft add {} lets it vote again",
                node.self(),
                voters,
                node.self());
    }

    private static SortedSet<String> texts(Collection<Endpoint> members) {
        return members.stream().map(Endpoint::toString).collect(Collectors.toCollection(TreeSet::new));
    }
}

package io.matriarch.app.ctl;

import io.matriarch.ports.dcs.ConsensusAdmin.NodeStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/** A node's status as {@code syncobj_admin -status} prints it: {@code key: value}, keys in ASCII order. */
final class RaftStatus {

    /** There is one format of commands; a number is printed because scripts compare it. */
    static final int CODE_VERSION = 0;

    private static final int CONNECTED = 2;

    private RaftStatus() {}

    static void print(Console console, NodeStatus status) {
        values(status).forEach((key, value) -> console.line(key + ": " + value));
    }

    /** What a reload or an edit of a file did not change: who votes is in the group's log. */
    static Optional<String> differences(NodeStatus status) {
        SortedSet<String> voters = new TreeSet<>(status.partners().keySet());
        voters.add(status.self());
        SortedSet<String> strangers = new TreeSet<>(status.configured());
        strangers.removeAll(voters);
        voters.removeAll(status.configured());
        List<String> found = new ArrayList<>();
        strangers.forEach(address -> found.add(address + " does not vote"));
        voters.forEach(address -> found.add(address + " is not named"));
        return found.isEmpty()
                ? Optional.empty()
                : Optional.of("Warning: " + status.self() + " is configured with other members than the group has: "
                        + String.join(", ", found) + "; the group counts");
    }

    private static SortedMap<String, Object> values(NodeStatus status) {
        SortedMap<String, Object> values = new TreeMap<>();
        values.put("commit_idx", status.commitIndex());
        values.put("enabled_code_version", CODE_VERSION);
        values.put("has_quorum", status.quorum() ? "True" : "False");
        values.put("last_applied", status.lastApplied());
        values.put("leader", status.leader().orElse("None"));
        values.put("leader_commit_idx", status.leaderCommitIndex());
        values.put("log_len", status.logLength());
        indexes(values, "match_idx", status.matchIndex());
        indexes(values, "next_node_idx", status.nextIndex());
        status.partners()
                .forEach((address, connected) ->
                        values.put("partner_node_status_server_" + address, connected ? CONNECTED : 0));
        values.put("partner_nodes_count", status.partners().size());
        values.put("raft_term", status.term());
        for (int i = 1; i <= status.clients(); i++) {
            values.put("readonly_node_status_server_" + i, CONNECTED);
        }
        values.put("readonly_nodes_count", status.clients());
        values.put("revision", "deprecated");
        values.put("self", status.self());
        values.put("self_code_version", CODE_VERSION);
        values.put("state", status.state());
        values.put("uptime", status.uptime().toSeconds());
        values.put("version", status.version());
        return values;
    }

    private static void indexes(SortedMap<String, Object> values, String name, Map<String, Long> indexes) {
        values.put(name + "_count", indexes.size());
        indexes.forEach((address, index) -> values.put(name + "_server_" + address, index));
    }
}

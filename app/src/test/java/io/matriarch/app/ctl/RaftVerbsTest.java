package io.matriarch.app.ctl;

import static org.assertj.core.api.Assertions.assertThat;

import io.matriarch.app.ctl.CtlFixture.Result;
import io.matriarch.domain.cluster.Revision;
import io.matriarch.ports.dcs.ConsensusAdmin;
import io.matriarch.ports.dcs.ConsensusAdmin.NodeCopy;
import io.matriarch.ports.dcs.DcsUnavailableException;
import io.matriarch.ports.dcs.WriteResult;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RaftVerbsTest {

    private static final String STATUS = """
            commit_idx: 2
            enabled_code_version: 0
            has_quorum: True
            last_applied: 2
            leader: 127.0.0.1:18102
            leader_commit_idx: 2
            log_len: 2
            match_idx_count: 2
            match_idx_server_127.0.0.1:18101: 2
            match_idx_server_127.0.0.1:18103: 0
            next_node_idx_count: 2
            next_node_idx_server_127.0.0.1:18101: 3
            next_node_idx_server_127.0.0.1:18103: 2
            partner_node_status_server_127.0.0.1:18101: 2
            partner_node_status_server_127.0.0.1:18103: 0
            partner_nodes_count: 2
            raft_term: 1
            readonly_nodes_count: 0
            revision: deprecated
            self: 127.0.0.1:18102
            self_code_version: 0
            state: 2
            uptime: 4
            version: 0.3.11
            """;

    private final List<String> calls = new ArrayList<>();
    private WriteResult answer = new WriteResult.Done(new Revision(1));
    private boolean reachable = true;
    private List<NodeCopy> copies = List.of();
    private SortedSet<String> configured =
            new TreeSet<>(List.of("127.0.0.1:18101", "127.0.0.1:18102", "127.0.0.1:18103"));
    private final CtlFixture fixture = new CtlFixture();

    RaftVerbsTest() {
        fixture.admin = Optional.of(new Admin());
    }

    private Result admin(String... options) {
        String[] words = new String[options.length + 1];
        words[0] = "syncobj-admin";
        System.arraycopy(options, 0, words, 1, options.length);
        return fixture.run(words);
    }

    @Test
    @DisplayName("CTL-112 CTL-113 CTL-114 CTL-115 -status: keys in ASCII order")
    void status() {
        assertThat(admin("-conn", "127.0.0.1:18102", "-status")).isEqualTo(new Result(0, STATUS, ""));
        assertThat(fixture.run("raft", "status", "--conn", "127.0.0.1:18102")).isEqualTo(new Result(0, STATUS, ""));
        fixture.run("raft", "status");
        assertThat(calls.getLast()).isEqualTo("status 127.0.0.1:5010");
    }

    @Test
    @DisplayName("raft status says beside the figures where the node's configuration and the group differ")
    void otherMembersConfigured() {
        configured = new TreeSet<>(List.of("127.0.0.1:18102", "127.0.0.1:18103", "127.0.0.1:18104"));
        assertThat(fixture.run("raft", "status", "--conn", "127.0.0.1:18102")).isEqualTo(new Result(0, STATUS, """
                Warning: 127.0.0.1:18102 is configured with other members than the group has: 127.0.0.1:18104 does not \
                vote, 127.0.0.1:18101 is not named; the group counts
                """));
        assertThat(admin("-conn", "127.0.0.1:18102", "-status")).isEqualTo(new Result(0, STATUS, ""));
    }

    @Test
    @DisplayName("CTL-116 CTL-118 CTL-119 -add and -remove that are accepted")
    void accepted() {
        assertThat(admin("-conn", "a:1", "-add", "b:2")).isEqualTo(new Result(0, "SUCCESS ADD b:2\n", ""));
        assertThat(admin("-conn", "a:1", "-remove", "b:2", "-pass", "secret"))
                .isEqualTo(new Result(0, "SUCCESS REMOVE b:2\n", ""));
        assertThat(calls).containsExactly("add a:1 b:2", "remove a:1 b:2");
        assertThat(fixture.section).contains(Map.of("self_addr", "127.0.0.1:5010", "password", "secret"));
    }

    @Test
    @DisplayName("CTL-117 CTL-118 -add and -remove that are refused")
    void refused() {
        answer = new WriteResult.Refused("is a member");
        assertThat(admin("-conn", "a:1", "-add", "b:2")).isEqualTo(new Result(1, "FAIL ADD b:2\n", ""));
        assertThat(admin("-conn", "a:1", "-remove", "b:2", "-compat-exit"))
                .isEqualTo(new Result(0, "FAIL REMOVE b:2\n", ""));
    }

    @ParameterizedTest
    @DisplayName("CTL-120 what is no address and no command")
    @CsvSource({
        "-status, invalid address to connect",
        "-conn a -status, invalid address to connect",
        "-conn a:0 -status, invalid address to connect",
        "-conn a:70000 -add b:1, invalid address to connect",
        "-conn a:1, invalid command",
        "-conn a:1 -add b, invalid address to command add",
        "-conn a:1 -remove b:x, invalid address to command remove",
        "-conn a:1 -set_version 1, 'wrong version, current version is 0, requested version is 1'",
        "-conn a:1 -set_version -1, 'wrong version, enabled version is 0, requested version is -1'",
    })
    void invalid(String options, String text) {
        assertThat(admin(options.split(" "))).isEqualTo(new Result(1, text + "\n", ""));
    }

    @Test
    void setVersion() {
        assertThat(admin("-conn", "a:1", "-set_version", "0")).isEqualTo(new Result(0, "SUCCESS SET_VERSION 0\n", ""));
    }

    @Test
    @DisplayName("CTL-121 nobody answers")
    void lost() {
        reachable = false;
        answer = new WriteResult.Unknown("closed");
        Result lost = new Result(1, "connection lost\n", "");
        assertThat(admin("-conn", "a:1", "-status")).isEqualTo(lost);
        assertThat(admin("-conn", "a:1", "-add", "b:2")).isEqualTo(lost);
        assertThat(fixture.run("raft", "status"))
                .isEqualTo(new Result(1, "", "Error: no answer from 127.0.0.1:5010\n"));
    }

    @Test
    @DisplayName("raft: the same and more in our own words")
    void raft() {
        assertThat(fixture.run("raft", "add", "b:2")).isEqualTo(new Result(0, "Success: add b:2\n", ""));
        assertThat(fixture.run("raft", "transfer-leader", "b:2").out()).isEqualTo("Success: transfer-leader b:2\n");
        assertThat(fixture.run("raft", "snapshot", "--conn", "c:3").out()).isEqualTo("Success: snapshot c:3\n");
        assertThat(fixture.run("raft", "get", "/service/batman/leader").out()).isEqualTo("pg0\n");
        assertThat(fixture.run("raft", "get", "/nosuch"))
                .isEqualTo(new Result(1, "", "Error: there is no key /nosuch\n"));
        assertThat(fixture.run("raft", "add", "b").err()).isEqualTo("Error: not an address with host and port: b\n");
        assertThat(fixture.run("raft", "fly").status()).isEqualTo(2);
        assertThat(fixture.run("raft", "add").status()).isEqualTo(2);
        answer = new WriteResult.Refused("no leader");
        assertThat(fixture.run("raft", "remove", "b:2").err()).isEqualTo("Error: remove b:2 was refused: no leader\n");
    }

    @Test
    @DisplayName("raft get, set, delete, dump: 1 when the store says no, 2 when it says nothing")
    void keys() {
        assertThat(fixture.run("raft", "set", "/service/batman/config", "{}")).isEqualTo(new Result(0, "", ""));
        assertThat(fixture.runWith("{\"ttl\":5}\n", "raft", "set", "--timeout", "1", "/a", "-")
                        .status())
                .isZero();
        assertThat(calls)
                .containsExactly("put /service/batman/config {} within PT3S", "put /a {\"ttl\":5} within PT1S");
        assertThat(fixture.run("raft", "delete", "/a")).isEqualTo(new Result(0, "", ""));
        assertThat(fixture.run("raft", "dump", "/service/batman/").out()).isEqualTo("""
                {"key":"/service/batman/config","value":"{\\"ttl\\":30}","revision":3}
                {"key":"/service/batman/leader","value":"pg0","revision":4,"lease":"ab12"}
                """);
        assertThat(fixture.run("raft", "dump").out()).startsWith("{\"key\":\"/config\"");
        answer = new WriteResult.Refused("there is no key /a");
        assertThat(fixture.run("raft", "delete", "/a")).isEqualTo(new Result(1, "", "Error: there is no key /a\n"));
        answer = new WriteResult.Unknown("nobody answers");
        assertThat(fixture.run("raft", "set", "/a", "b")).isEqualTo(new Result(2, "", "Error: nobody answers\n"));
        reachable = false;
        assertThat(fixture.run("raft", "get", "/a")).isEqualTo(new Result(2, "", "Error: no member answers\n"));
        assertThat(fixture.run("raft", "get", "/a", "/b").err()).contains("unexpected extra argument (/b)");
        assertThat(fixture.run("raft", "set", "/a").err()).contains("Missing argument 'VALUE'");
        fixture.admin = Optional.empty();
        assertThat(fixture.run("raft", "get", "/a").status()).isEqualTo(2);
    }

    @Test
    @DisplayName("raft get needs no configuration but the partners and the password in the environment")
    void environmentOnly() {
        fixture.environment.clear();
        fixture.environment.put("PATRONI_RAFT_PARTNER_ADDRS", "'a:1','b:2'");
        fixture.environment.put("PATRONI_RAFT_PASSWORD", "word");
        assertThat(fixture.run("raft", "get", "/service/batman/leader").out()).isEqualTo("pg0\n");
        assertThat(fixture.section).contains(Map.of("partner_addrs", List.of("a:1", "b:2"), "password", "word"));
        fixture.run("raft", "get", "--conn", "c:3", "/service/batman/leader");
        assertThat(fixture.section).contains(Map.of("partner_addrs", List.of("c:3"), "password", "word"));
    }

    private static NodeCopy copy(String address, long term, long last) {
        return new NodeCopy(address, true, term, last, last - 1, Optional.empty());
    }

    private static NodeCopy silent(String address) {
        return new NodeCopy(address, false, 0, 0, 0, Optional.empty());
    }

    @Test
    @DisplayName("SAF-019 raft recover shows the copies and the loss, asks, and takes the copy that is ahead")
    void recover() {
        copies = List.of(copy("a:1", 2, 90), copy("b:2", 3, 80), silent("c:3"), silent("d:4"), silent("e:5"));
        String[] command = {
            "raft", "recover", "--conn", "a:1", "--dead", "c:3", "--dead", "d:4", "--dead", "e:5",
        };
        Result done = fixture.runWith("y\n", command);
        assertThat(done).isEqualTo(new Result(0, """
                Voters of the store as a:1 knows them:
                  a:1  last entry 90 of term 2, committed up to 89
                  b:2  last entry 80 of term 3, committed up to 79
                  c:3  named as dead
                  d:4  named as dead
                  e:5  named as dead
                The store will go on with the copy of b:2, its entries up to 80. These join it: [a:1].
                What could be lost: writes after that entry that were acknowledged by the dead members alone.
                It gets a new identity, and every lease lasts one ttl from now. Members named as dead are refused until \
                their raft.data_dir is empty.
                Are the members named as dead gone for good, and is the store to go on like this? [y/N]: \
                Success: the store goes on with the copy of b:2
                """, ""));
        assertThat(calls).containsExactly("recover b:2 with [a:1] without [c:3, d:4, e:5]");
        calls.clear();
        assertThat(fixture.runWith("n\n", command).err()).isEqualTo("Error: Aborted recovery\n");
        assertThat(calls).isEmpty();
    }

    @Test
    @DisplayName("SAF-019 raft recover refuses while a voter is neither there nor named as dead, or somebody leads")
    void recoverRefused() {
        copies = List.of(copy("a:1", 2, 90), silent("b:2"), silent("c:3"));
        assertThat(fixture.run("raft", "recover", "--conn", "a:1", "--dead", "b:2", "--force")
                        .err())
                .isEqualTo("Error: c:3 does not answer; if it never comes back, name it: --dead c:3\n");
        assertThat(fixture.run("raft", "recover", "--dead", "a:1", "--dead", "b:2", "--dead", "c:3", "--dead", "x:9")
                        .err())
                .isEqualTo("Error: a:1 is named as dead and answers\nx:9 is named as dead and is no voter\n");
        copies = List.of(new NodeCopy("a:1", true, 2, 90, 89, Optional.of("b:2")), silent("b:2"), silent("c:3"));
        assertThat(fixture.run("raft", "recover", "--dead", "b:2", "--dead", "c:3", "--force")
                        .err())
                .isEqualTo("Error: a:1 follows the leader b:2, so the store needs no recovery\n");
        assertThat(calls).isEmpty();
    }

    private final class Admin implements ConsensusAdmin {

        @Override
        public NodeStatus status(String address, Duration timeout) throws DcsUnavailableException {
            calls.add("status " + address);
            if (!reachable) {
                throw new DcsUnavailableException("no answer from " + address);
            }
            return new NodeStatus(
                    "127.0.0.1:18102",
                    2,
                    Optional.of("127.0.0.1:18102"),
                    1,
                    2,
                    2,
                    2,
                    2,
                    true,
                    new TreeMap<>(Map.of("127.0.0.1:18101", true, "127.0.0.1:18103", false)),
                    new TreeMap<>(Map.of("127.0.0.1:18101", 2L, "127.0.0.1:18103", 0L)),
                    new TreeMap<>(Map.of("127.0.0.1:18101", 3L, "127.0.0.1:18103", 2L)),
                    configured,
                    0,
                    Duration.ofSeconds(4),
                    "0.3.11");
        }

        @Override
        public WriteResult add(String address, String voter, Duration timeout) {
            calls.add("add " + address + " " + voter);
            return answer;
        }

        @Override
        public WriteResult remove(String address, String voter, Duration timeout) {
            calls.add("remove " + address + " " + voter);
            return answer;
        }

        @Override
        public WriteResult transferLeadership(String address, String voter, Duration timeout) {
            calls.add("transfer " + address + " " + voter);
            return answer;
        }

        @Override
        public WriteResult snapshot(String address, Duration timeout) {
            calls.add("snapshot " + address);
            return answer;
        }

        @Override
        public Optional<String> get(String path, Duration timeout) throws DcsUnavailableException {
            if (!reachable) {
                throw new DcsUnavailableException("no member answers");
            }
            return path.endsWith("/leader") ? Optional.of("pg0") : Optional.empty();
        }

        @Override
        public List<RawEntry> dump(String prefix, Duration timeout) {
            return List.of(
                    new RawEntry(prefix + "config", "{\"ttl\":30}", 3, Optional.empty()),
                    new RawEntry(prefix + "leader", "pg0", 4, Optional.of("ab12")));
        }

        @Override
        public WriteResult put(String path, String value, Duration timeout) {
            calls.add("put " + path + " " + value + " within " + timeout);
            return answer;
        }

        @Override
        public WriteResult delete(String path, Duration timeout) {
            calls.add("delete " + path);
            return answer;
        }

        @Override
        public List<NodeCopy> copies(String address, Duration timeout) {
            return copies;
        }

        @Override
        public WriteResult recover(String address, List<String> survivors, List<String> dead, Duration timeout) {
            calls.add("recover " + address + " with " + survivors + " without " + dead);
            return answer;
        }

        @Override
        public void close() {}
    }
}

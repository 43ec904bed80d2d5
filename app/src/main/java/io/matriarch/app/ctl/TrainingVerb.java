package io.matriarch.app.ctl;

import io.matriarch.domain.cluster.LeaseId;
import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.cluster.Revision;
import io.matriarch.ports.dcs.DcsUnavailableException;
import io.matriarch.ports.dcs.StoreKey;
import io.matriarch.ports.dcs.StoreSnapshot;
import io.matriarch.ports.dcs.StoredValue;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.ToIntFunction;

/**
 * What the build runs to make the start-up cache: it shows an invented cluster in every format and reads the configured
 * store once, there or not; if it is there, everyday commands are run as operators type them. Not in the help. All that is
 * loaded here is loaded by every later command at its start, so rare commands are left out.
 */
final class TrainingVerb implements Verb {

    static final String NAME = "aot-training";

    private static final List<List<String>> EVERYDAY = List.of(
            List.of("list"),
            List.of("list", "-e", "-t"),
            List.of("topology"),
            List.of("show-config"),
            List.of("history"));

    private final ToIntFunction<List<String>> commandLine;

    /**
     * @param commandLine runs a verb and its arguments with the options this verb was called with
     */
    TrainingVerb(ToIntFunction<List<String>> commandLine) {
        this.commandLine = commandLine;
    }

    @Override
    public String synopsis() {
        return "";
    }

    @Override
    public String description() {
        return "Loads what everyday commands need";
    }

    @Override
    public List<Option> options() {
        return List.of();
    }

    @Override
    public int maxArguments() {
        return 0;
    }

    @Override
    public int run(Arguments arguments, Session session) {
        Cluster cluster = Cluster.of("training", Optional.empty(), invented());
        for (Format format : Format.values()) {
            ClusterTable.print(session.console(), cluster, format, true);
        }
        Rows.yaml(session.console(), cluster.config());
        session.console().line(session.stamp().fine());
        try {
            session.loadOnce("training");
        } catch (DcsUnavailableException e) {
            // The build has no store; its client is loaded all the same.
            session.console().line(e.getMessage());
            return 0;
        }
        return EVERYDAY.stream().mapToInt(commandLine).max().orElse(0);
    }

    private static StoreSnapshot invented() {
        Map<StoreKey, StoredValue> keys = new EnumMap<>(StoreKey.class);
        keys.put(StoreKey.LEADER, value("a"));
        keys.put(StoreKey.INITIALIZE, value("7711102280255504572"));
        keys.put(StoreKey.STATUS, value("{\"optime\":83886176,\"slots\":{\"a\":83886176},\"retain_slots\":[\"a\"]}"));
        keys.put(StoreKey.CONFIG, value("{\"ttl\":30,\"postgresql\":{\"parameters\":{\"fsync\":\"on\"}}}"));
        keys.put(StoreKey.SYNC, value("{\"leader\":\"a\",\"quorum\":0,\"sync_standby\":\"b\"}"));
        keys.put(StoreKey.HISTORY, value("[[1,83886176,\"reason\",\"2026-11-22T21:00:52.394806+00:00\",\"a\"]]"));
        keys.put(StoreKey.FAILOVER, value("{\"leader\":\"a\",\"scheduled_at\":\"2030-01-01T00:00:00+00:00\"}"));
        Map<MemberName, StoredValue> members = new TreeMap<>();
        for (String name : List.of("a", "b")) {
            members.put(
                    new MemberName(name),
                    value(
                            "{\"conn_url\":\"postgres://127.0.0.1:5432/postgres\",\"api_url\":\"http://127.0.0.1:8008/patroni\","
                                    + "\"state\":\"running\",\"role\":\"replica\",\"replication_state\":\"streaming\",\"timeline\":1,"
                                    + "\"receive_lsn\":83886176,\"replay_lsn\":83886176,\"tags\":{\"clonefrom\":true}}"));
        }
        return new StoreSnapshot(keys, new TreeMap<>(members));
    }

    private static StoredValue value(String text) {
        return new StoredValue(text, new Revision(1), Optional.of(new LeaseId("1")));
    }
}

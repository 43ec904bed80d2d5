package io.matriarch.simulation;

import io.matriarch.domain.settings.SyncSettings;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/** The kinds of faults that a large batch has to have had, each with an effect. */
final class FaultKinds {

    private static final List<String> EVERYWHERE = List.of(
            "agent dies before there is a cluster",
            "agent ends",
            "clock slewed",
            "configuration changed",
            "cut from the store, then from the members",
            "directory lost",
            "disk full",
            "isolated",
            "key deleted",
            "leader cut from the store",
            "link cut",
            "link cut one way",
            "loop hangs",
            "lossy link",
            "machine resets",
            "manual failover",
            "much to replay",
            "paused",
            "reinitialize asked for",
            "replay stops",
            "restart asked for",
            "rewind fails",
            "rolling upgrade",
            "scheduled switchover",
            "server hangs",
            "server killed",
            "slow link",
            "slow shutdown",
            "slow standby",
            "store away",
            "stream cut",
            "switchover",
            "switchover to a candidate that dies",
            "tagged nofailover",
            "tagged replicatefrom",
            "wall clock set");
    private static final List<String> WITH_A_GUARD = List.of("machine sleeps", "watchdog broken");
    private static final List<String> ALONE =
            List.of("agent stands still", "agent stands still between two steps", "second agent of a name");

    /** What the seed has to lead to. */
    private static final List<String> SOMETIMES = List.of(
            "a person decides",
            "agent stands still after it has asked",
            "agent stands still while it makes the cluster");

    private static final List<String> OF_A_STANDBY_CLUSTER =
            List.of("cluster promoted", "the followed cluster fails over");
    private static final List<String> OF_A_STORE_APART =
            List.of("cut from the store", "store loses requests", "leader key deleted");
    private static final List<String> OF_THE_EMBEDDED_STORE = List.of(
            "store: a voter is built anew",
            "store: disks are slow",
            "store: the raft group has a bad time",
            "store: the raft leader is built anew",
            "store: the raft leadership is to move");

    private FaultKinds() {}

    /** Those that nobody has noticed in the whole batch. */
    static List<String> missing(Report report, Scenario scenario) {
        SortedSet<String> missing = new TreeSet<>(expected(scenario));
        missing.removeAll(report.effective().keySet());
        return new ArrayList<>(missing);
    }

    /** What was begun and is in no list: whoever adds a kind adds it here. */
    static List<String> unlisted(Report report) {
        SortedSet<String> unlisted = new TreeSet<>(report.injected().keySet());
        unlisted.removeAll(EVERYWHERE);
        unlisted.removeAll(WITH_A_GUARD);
        unlisted.removeAll(ALONE);
        unlisted.removeAll(SOMETIMES);
        unlisted.removeAll(OF_A_STANDBY_CLUSTER);
        unlisted.removeAll(OF_A_STORE_APART);
        unlisted.removeAll(OF_THE_EMBEDDED_STORE);
        return new ArrayList<>(unlisted);
    }

    private static List<String> expected(Scenario scenario) {
        List<String> expected = new ArrayList<>(EVERYWHERE);
        if (scenario.guardProcess()) {
            expected.addAll(WITH_A_GUARD);
        }
        if (scenario.sync() == SyncSettings.Mode.OFF) {
            expected.addAll(OF_A_STANDBY_CLUSTER);
        }
        if (scenario.agentsFailAlone()) {
            expected.addAll(ALONE);
        }
        if (scenario.store().isEmpty()) {
            expected.addAll(OF_A_STORE_APART);
            expected.addAll(OF_THE_EMBEDDED_STORE);
        }
        return expected;
    }
}

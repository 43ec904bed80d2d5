package io.matriarch.simulation;

import io.matriarch.app.config.Json;
import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.settings.SyncSettings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * What a seed's cluster is like.
 *
 * @param members its members
 * @param config the configuration it begins with
 * @param ttl length of its leases
 * @param loopWait pause between turns
 * @param retryTimeout bound of a call to the store
 * @param watchdogs the members' devices
 * @param senderTimeout after which a silent connection between servers ends
 * @param rate how much more often than usual things go wrong
 * @param theme what goes wrong most
 */
record Plan(
        List<MemberName> members,
        Map<String, Object> config,
        Duration ttl,
        Duration loopWait,
        Duration retryTimeout,
        List<SimWatchdog.Mode> watchdogs,
        Duration senderTimeout,
        int rate,
        Theme theme) {

    /** Times that go together: ttl, loop_wait, retry_timeout. */
    private static final int[][] TIMES = {{30, 10, 10}, {20, 6, 7}, {10, 2, 3}, {5, 1, 1}};

    /** Of twenty runs so many have each of them: the shorter ones have more turns an hour, and cost as much more. */
    private static final int[] SHARES = {13, 3, 3, 1};

    static Plan of(Random random, Scenario scenario) {
        int[] times = times(random);
        List<MemberName> members = new ArrayList<>();
        List<SimWatchdog.Mode> watchdogs = new ArrayList<>();
        int count = List.of(2, 3, 3, 3, 3, 4, 5).get(random.nextInt(7));
        boolean dogs = scenario.guardProcess() && random.nextInt(3) == 0;
        for (int i = 1; i <= count; i++) {
            members.add(new MemberName("srv" + i));
            watchdogs.add(
                    !dogs
                            ? SimWatchdog.Mode.OFF
                            : random.nextBoolean() ? SimWatchdog.Mode.AUTOMATIC : SimWatchdog.Mode.REQUIRED);
        }
        Theme theme = scenario.theme().orElse(theme(random));
        Map<String, Object> config = new LinkedHashMap<>();
        config.put("ttl", times[0]);
        config.put("loop_wait", times[1]);
        config.put("retry_timeout", times[2]);
        config.put("maximum_lag_on_failover", random.nextInt(3) == 0 ? 2000 : 1048576);
        config.put("primary_start_timeout", List.of(300, 300, 60, 0).get(random.nextInt(4)));
        config.put("check_timeline", random.nextInt(3) == 0);
        config.put("primary_hang_timeout", random.nextInt(2) == 0 ? 30 : 300);
        config.put("failsafe_mode", random.nextInt(12) < (theme == Theme.FAILSAFE ? 9 : 4));
        // The one is a script of the members' own configuration; here all of them have it or none.
        config.put("pre_promote", random.nextInt(4) == 0);
        config.put("primary_race_backoff", random.nextInt(5) == 0 ? times[1] * 2 : 0);
        switch (scenario.sync()) {
            case OFF -> {}
            case PRIORITY -> config.put("synchronous_mode", true);
            case QUORUM -> config.put("synchronous_mode", "quorum");
        }
        if (scenario.sync() != SyncSettings.Mode.OFF) {
            config.put("synchronous_node_count", random.nextInt(3) == 0 && count > 2 ? 2 : 1);
            config.put("synchronous_mode_strict", random.nextInt(4) == 0);
        }
        if (scenario.sync() == SyncSettings.Mode.OFF && random.nextInt(10) == 0) {
            config.put("standby_cluster", RemoteCluster.section());
        }
        return new Plan(
                members,
                config,
                Duration.ofSeconds(times[0]),
                Duration.ofSeconds(times[1]),
                Duration.ofSeconds(times[2]),
                watchdogs,
                Duration.ofSeconds(List.of(5, 20, 60).get(random.nextInt(3))),
                (theme == Theme.ANY ? 1 : 6) + random.nextInt(3),
                theme);
    }

    /** One run in three is about one thing. */
    private static Theme theme(Random random) {
        int at = random.nextInt(15);
        return at < 5 ? Theme.values()[at + 1] : Theme.ANY;
    }

    /** One of them by their shares. */
    static int[] times(Random random) {
        int kind = 0;
        int left = random.nextInt(20);
        while (left >= SHARES[kind]) {
            left -= SHARES[kind++];
        }
        return TIMES[kind];
    }

    /** Whether it begins as one that follows another cluster. */
    boolean follows() {
        return config.containsKey("standby_cluster");
    }

    String document() {
        return Json.compact(config);
    }
}

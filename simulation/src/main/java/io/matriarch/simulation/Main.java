package io.matriarch.simulation;

import io.matriarch.domain.settings.SyncSettings;
import io.matriarch.simulation.raft.RaftStore;
import java.time.Duration;
import java.util.List;
import java.util.Locale;

/**
 * Runs seeds: {@code simulate [--seeds N] [--from S] [--seed S] [--hours H] [--threads T] [--agent-only] [--sync MODE]
 * [--store memory|raft] [--about THEME] [--trace]}.
 */
public final class Main {

    private Main() {}

    public static void main(String[] arguments) throws InterruptedException {
        List<String> all = List.of(arguments);
        long seed = number(all, "--seed", -1);
        long from = seed >= 0 ? seed : number(all, "--from", 1);
        long seeds = seed >= 0 ? 1 : number(all, "--seeds", 100);
        double hours = Double.parseDouble(text(all, "--hours", "5"));
        SyncSettings.Mode sync =
                SyncSettings.Mode.valueOf(text(all, "--sync", "off").toUpperCase(Locale.ROOT));
        var scenario = new Scenario(!all.contains("--agent-only"), Duration.ofMillis(Math.round(hours * 3_600_000)))
                .with(sync);
        String theme = text(all, "--about", "");
        if (!theme.isEmpty()) {
            scenario =
                    scenario.about(Theme.valueOf(theme.toUpperCase(Locale.ROOT).replace('-', '_')));
        }
        scenario = switch (text(all, "--store", "")) {
            case "raft" -> scenario.on(RaftStore::new);
            case "memory" -> scenario.on(MemoryStore::new);
            default -> scenario;
        };
        var batch = new Batch(scenario, (int) number(all, "--threads", 1), System.out);
        if (all.contains("--trace")) {
            System.exit(batch.trace(from) ? 0 : 1);
        }
        System.exit(batch.run(from, seeds) ? 0 : 1);
    }

    private static long number(List<String> all, String option, long otherwise) {
        return Long.parseLong(text(all, option, Long.toString(otherwise)));
    }

    private static String text(List<String> all, String option, String otherwise) {
        int at = all.indexOf(option);
        return at < 0 || at + 1 >= all.size() ? otherwise : all.get(at + 1);
    }
}

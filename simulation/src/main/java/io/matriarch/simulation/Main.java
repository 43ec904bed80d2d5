package io.matriarch.simulation;

import java.io.PrintStream;
import java.time.Duration;
import java.util.List;

/** Runs seeds: {@code simulate [--seeds N] [--from S] [--agent-only] [--minutes M] [--trace]}. */
public final class Main {

    private Main() {}

    public static void main(String[] arguments) {
        List<String> all = List.of(arguments);
        long from = number(all, "--from", 1);
        long seeds = number(all, "--seeds", 100);
        boolean guard = !all.contains("--agent-only");
        boolean trace = all.contains("--trace");
        PrintStream out = System.out;
        Tracer.to(out);
        var scenario = new Simulation.Scenario(guard, Duration.ofMinutes(number(all, "--minutes", 5)));
        int failed = 0;
        double hours = 0;
        long promotions = 0;
        long handOvers = 0;
        long lost = 0;
        long began = System.nanoTime();
        for (long seed = from; seed < from + seeds; seed++) {
            try {
                Simulation.Report report = Simulation.run(seed, scenario, trace);
                hours += report.simulated().toMillis() / 3_600_000.0;
                promotions += report.promotions();
                handOvers += report.handOvers();
                lost += report.lost();
            } catch (RuntimeException e) {
                failed++;
                out.println("seed " + seed + " fails " + e.getMessage()
                        + (e.getCause() == null ? "" : ": " + e.getCause()));
                if (trace) {
                    e.printStackTrace(out);
                }
            }
        }
        double seconds = (System.nanoTime() - began) / 1e9;
        out.printf(
                java.util.Locale.ROOT,
                "%d seeds, %d failed, %.1f simulated hours, %d starts as primary, %d hand-overs, %d commits lost in"
                        + " unplanned failovers, %.1f s%n",
                seeds,
                failed,
                hours,
                promotions,
                handOvers,
                lost,
                seconds);
        System.exit(failed == 0 ? 0 : 1);
    }

    private static long number(List<String> all, String option, long otherwise) {
        int at = all.indexOf(option);
        return at < 0 || at + 1 >= all.size() ? otherwise : Long.parseLong(all.get(at + 1));
    }
}

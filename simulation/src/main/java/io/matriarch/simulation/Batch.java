package io.matriarch.simulation;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;

/** Many seeds, some at a time; what they were like, and what went wrong. */
public final class Batch {

    private static final int LAST_LINES = 400;
    private static final long PROGRESS_NANOS = 30_000_000_000L;

    private final Scenario scenario;
    private final int threads;
    private final PrintStream out;
    private final SortedMap<Long, String> failures = new TreeMap<>();
    private Report total = Report.NONE;
    private long began;
    private long said;

    public Batch(Scenario scenario, int threads, PrintStream out) {
        this.scenario = scenario;
        this.threads = threads;
        this.out = out;
    }

    /** Runs one seed and says what happens. */
    boolean trace(long seed) {
        try {
            Simulation.run(seed, scenario, Optional.of(out::println));
            return true;
        } catch (RuntimeException | Error e) {
            out.println("seed " + seed + " fails " + sentence(e));
            e.printStackTrace(out);
            return false;
        }
    }

    /** Runs seeds; true if no rule was broken and every reason and kind of fault that can be reached was. */
    public boolean run(long from, long seeds) throws InterruptedException {
        began = System.nanoTime();
        said = began;
        var next = new AtomicLong(from);
        List<Thread> running = new ArrayList<>();
        for (int i = 0; i < threads; i++) {
            running.add(Thread.ofPlatform().start(() -> {
                for (long seed = next.getAndIncrement(); seed < from + seeds; seed = next.getAndIncrement()) {
                    one(seed);
                }
            }));
        }
        for (Thread thread : running) {
            thread.join();
        }
        print();
        List<String> missing = Coverage.missing(total, scenario);
        boolean covered = seeds < Coverage.SEEDS || missing.isEmpty();
        out.println("reasons reached: " + total.reasons().size() + ", missing of reasons and faults: " + missing
                + (covered ? "" : ": a batch of this size has to reach them"));
        failures.forEach((seed, what) -> out.println("seed " + seed + " fails " + what));
        return failures.isEmpty() && covered;
    }

    private void one(long seed) {
        try {
            add(Simulation.run(seed, scenario, Optional.empty()));
        } catch (RuntimeException | Error e) {
            failed(seed, e);
        }
    }

    private synchronized void add(Report report) {
        total = total.plus(report);
        if (System.nanoTime() - said > PROGRESS_NANOS) {
            said = System.nanoTime();
            out.println(line());
        }
    }

    /** Runs it again for the end of its trace. */
    private synchronized void failed(long seed, Throwable failure) {
        String what = sentence(failure);
        Deque<String> last = new ArrayDeque<>();
        try {
            Simulation.run(seed, scenario, Optional.of(line -> {
                last.add(line);
                if (last.size() > LAST_LINES) {
                    last.poll();
                }
            }));
            what += " (and not when it was run again)";
        } catch (RuntimeException | Error again) {
            last.add(sentence(again));
        }
        try {
            Path trace = Files.createTempFile("simulate-seed-" + seed + "-", ".trace");
            Files.write(trace, last);
            what += ", trace: " + trace;
        } catch (IOException e) {
            what += ", no trace: " + e.getMessage();
        }
        failures.put(seed, what);
        out.println("seed " + seed + " fails " + what);
    }

    private static String sentence(Throwable failure) {
        return failure.getMessage() + (failure.getCause() == null ? "" : ": " + failure.getCause());
    }

    private double seconds() {
        return (System.nanoTime() - began) / 1e9;
    }

    private String line() {
        return String.format(
                Locale.ROOT,
                "%d seeds, %d failed, %.1f simulated hours, %.1f a second, %d events, %d turns, %.0f s",
                total.seeds() + failures.size(),
                failures.size(),
                total.hours(),
                total.hours() / seconds(),
                total.events(),
                total.turns(),
                seconds());
    }

    private void print() {
        out.println(line());
        out.printf(
                Locale.ROOT,
                "%d starts as primary, %d promotions, %d hand-overs; commits: %d acknowledged, %d not, %d of the"
                        + " acknowledged lost in failovers%n",
                total.primaries(),
                total.promotions(),
                total.handOvers(),
                total.acknowledged(),
                total.unacknowledged(),
                total.lost());
        out.printf(
                Locale.ROOT,
                "effective faults: %d, %.1f an hour; by kind (effective of injected):%n",
                total.effectiveFaults(),
                total.effectiveFaults() / Math.max(total.hours(), 1e-9));
        out.println("rarest reasons: "
                + total.reasons().entrySet().stream()
                        .sorted(Map.Entry.comparingByValue())
                        .limit(12)
                        .map(entry -> entry.getKey() + " " + entry.getValue())
                        .toList());
        total.injected()
                .forEach((kind, count) -> out.printf(
                        Locale.ROOT,
                        "  %-40s %d of %d%n",
                        kind,
                        total.effective().getOrDefault(kind, 0),
                        count));
    }
}

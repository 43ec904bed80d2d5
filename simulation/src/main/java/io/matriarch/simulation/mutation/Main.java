package io.matriarch.simulation.mutation;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Looks for the seeds that notice seeded bugs: {@code mutations [--seeds N] [NAME...]}, all of them without a name. What
 * is found goes to {@code mutations.txt}, where a test finds it.
 */
public final class Main {

    static final Path FOUND = Path.of("simulation/src/test/resources/mutations.txt");

    private static final long MOST = 1000;
    private static final int SHOWN = 80;

    private Main() {}

    /** Run at the root of the sources. */
    public static void main(String[] arguments) throws IOException {
        var out = System.out;
        var names = new ArrayList<>(List.of(arguments));
        long most = MOST;
        int option = names.indexOf("--seeds");
        if (option >= 0) {
            most = Long.parseLong(names.get(option + 1));
            names.subList(option, option + 2).clear();
        }
        var root = Path.of("");
        int missed = 0;
        for (var mutation : Mutations.all()) {
            if (names.isEmpty() || names.contains(mutation.name())) {
                var found = hunt(mutation, root, most, out);
                if (found.isPresent()) {
                    remember(root.resolve(FOUND), mutation.name(), found);
                } else {
                    missed++;
                }
            }
        }
        System.exit(missed == 0 ? 0 : 1);
    }

    private static Optional<FoundSeed> hunt(Mutation mutation, Path root, long most, PrintStream out) {
        var mutant = Mutant.of(mutation, root);
        long began = System.nanoTime();
        for (long seed = 0; seed < most; seed++) {
            for (var hunt : mutation.hunts()) {
                var broken = mutant.run(hunt, seed);
                if (broken.isPresent()) {
                    out.printf(
                            Locale.ROOT,
                            "%-32s seed %d of %s, %.1f s: %s%n",
                            mutation.name(),
                            seed,
                            hunt,
                            (System.nanoTime() - began) / 1e9,
                            broken.get());
                    return Optional.of(new FoundSeed(mutation.name(), seed, hunt, invariant(broken.get())));
                }
            }
        }
        out.printf(
                Locale.ROOT,
                "%-32s NOT FOUND in %d seeds of %s, %.1f s: %s%n",
                mutation.name(),
                most,
                mutation.hunts(),
                (System.nanoTime() - began) / 1e9,
                mutation.rule());
        return Optional.empty();
    }

    /** The beginning of what was said, without the time at which it was. */
    private static String invariant(String violation) {
        String said = violation.replaceFirst("^after [0-9.]+ s: ", "");
        return said.length() <= SHOWN ? said : said.substring(0, SHOWN).strip() + "…";
    }

    private static void remember(Path file, String name, Optional<FoundSeed> found) throws IOException {
        Map<String, String> lines = new TreeMap<>();
        try (var before = Files.lines(file)) {
            FoundSeed.read(before).forEach(one -> lines.put(one.name(), one.line()));
        }
        found.ifPresentOrElse(one -> lines.put(name, one.line()), () -> lines.remove(name));
        lines.keySet().retainAll(Mutations.all().stream().map(Mutation::name).toList());
        var all = new ArrayList<String>();
        all.add("# Written by bin/mutations: the first seed that notices each seeded bug, where, and what it breaks.");
        all.addAll(lines.values());
        Files.write(file, all);
    }
}

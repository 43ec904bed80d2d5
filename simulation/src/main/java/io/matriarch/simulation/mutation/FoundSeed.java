package io.matriarch.simulation.mutation;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/**
 * A line of {@code mutations.txt}: where a seeded bug was noticed.
 *
 * @param invariant what was said, without the time
 */
record FoundSeed(String name, long seed, Hunt hunt, String invariant) {

    String line() {
        return name + " | " + seed + " | " + hunt + " | " + invariant;
    }

    static List<FoundSeed> read(Stream<String> lines) {
        return lines.filter(line -> !line.isBlank() && !line.startsWith("#"))
                .map(FoundSeed::parse)
                .toList();
    }

    private static FoundSeed parse(String line) {
        var fields = Arrays.stream(line.split("\\|", 4)).map(String::strip).toList();
        return new FoundSeed(fields.get(0), Long.parseLong(fields.get(1)), Hunt.valueOf(fields.get(2)), fields.get(3));
    }
}

package io.matriarch.simulation.mutation;

import java.util.List;

/**
 * A seeded bug.
 *
 * @param name what the command line calls it
 * @param rule what it breaks
 * @param hunts where it is looked for, in this order, each seed in all of them
 * @param edits what makes the bug
 */
record Mutation(String name, String rule, List<Hunt> hunts, List<Edit> edits) {

    Mutation {
        hunts = List.copyOf(hunts);
        edits = List.copyOf(edits);
    }

    /**
     * A replacement in a file, which must apply exactly once. White space matches any white space.
     *
     * @param file from the root of the sources, without the module's {@code src/main/java/io/matriarch}
     */
    record Edit(Source file, String old, String text) {}
}

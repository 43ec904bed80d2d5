package io.matriarch.simulation.mutation;

import java.util.ArrayList;
import java.util.List;

/** All seeded bugs. */
final class Mutations {

    private Mutations() {}

    static List<Mutation> all() {
        var all = new ArrayList<Mutation>();
        all.addAll(ClockMutations.ALL);
        all.addAll(StoreMutations.ALL);
        all.addAll(CycleMutations.ALL);
        all.addAll(SyncMutations.ALL);
        all.addAll(FailsafeMutations.ALL);
        all.addAll(RuleMutations.ALL);
        return List.copyOf(all);
    }

    static Mutation of(String name, String rule, List<Hunt> hunts, Mutation.Edit... edits) {
        return new Mutation(name, rule, hunts, List.of(edits));
    }

    static Mutation.Edit edit(Source file, String old, String text) {
        return new Mutation.Edit(file, old, text);
    }
}

package io.matriarch.simulation;

import io.matriarch.domain.ha.Reason;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** Which reasons a batch has to reach; the others are listed with why it can't. */
final class Coverage {

    /** A batch of so many seeds, of an hour each, has to reach them all. */
    static final int SEEDS = 300;

    private static final Map<Reason, String> OUT_OF_REACH = new EnumMap<>(Reason.class);

    private Coverage() {}

    /** The reasons that were not reached and should have been. */
    static List<String> missing(Report report, Scenario scenario) {
        List<String> missing = new ArrayList<>();
        for (Reason reason : Reason.values()) {
            if (!report.reasons().containsKey(reason) && !OUT_OF_REACH.containsKey(reason)) {
                missing.add(reason.name());
            }
        }
        return missing;
    }
}

package io.matriarch.domain.sync;

import java.util.ArrayList;
import java.util.List;

/**
 * What to do next about synchronous replication.
 *
 * @param infos lines for the log
 * @param warnings lines for the log that somebody should look at
 */
public record SyncAdvice(SyncStep step, List<String> infos, List<String> warnings) {

    public SyncAdvice {
        infos = List.copyOf(infos);
        warnings = List.copyOf(warnings);
    }

    static SyncAdvice nothing() {
        return of(new SyncStep.Nothing());
    }

    static SyncAdvice of(SyncStep step) {
        return new SyncAdvice(step, List.of(), List.of());
    }

    SyncAdvice saying(String info) {
        var all = new ArrayList<>(infos);
        all.add(info);
        return new SyncAdvice(step, all, warnings);
    }

    SyncAdvice warning(String warning) {
        var all = new ArrayList<>(warnings);
        all.add(warning);
        return new SyncAdvice(step, infos, all);
    }
}

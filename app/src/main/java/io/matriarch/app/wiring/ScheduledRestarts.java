package io.matriarch.app.wiring;

import io.matriarch.domain.cluster.ScheduledRestart;
import java.util.Optional;

/** The one restart that may be scheduled on a member. It is published with the member and kept in memory only. */
public final class ScheduledRestarts {

    private Optional<ScheduledRestart> current = Optional.empty();

    public synchronized Optional<ScheduledRestart> current() {
        return current;
    }

    /** @return false if another one is scheduled already */
    public synchronized boolean schedule(ScheduledRestart restart) {
        if (current.isPresent()) {
            return false;
        }
        current = Optional.of(restart);
        return true;
    }

    /** @return whether there was one */
    public synchronized boolean cancel() {
        boolean was = current.isPresent();
        current = Optional.empty();
        return was;
    }
}

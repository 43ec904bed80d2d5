package io.matriarch.app.loop;

import io.matriarch.domain.ha.Decision;
import java.util.OptionalInt;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Carries out what is decided on the agent itself. */
final class AgentActions {

    private static final Logger log = LoggerFactory.getLogger(AgentActions.class);

    private final BackgroundTask task;
    private final RequestBox requests;
    private OptionalInt exit = OptionalInt.empty();

    AgentActions(BackgroundTask task, RequestBox requests) {
        this.task = task;
        this.requests = requests;
    }

    Outcome carryOut(Decision.OnAgent decision) {
        switch (decision) {
            case Decision.AbortTask(String why) -> task.abort(why);
            case Decision.Reply(long number, boolean ok, String text) -> requests.answer(number, ok, text);
            case Decision.Exit(int code, String why) -> {
                if (code != 0) {
                    log.error("{}", why);
                }
                exit = OptionalInt.of(code);
            }
        }
        return new Outcome.Done();
    }

    /** The exit status, once it has been decided to end. */
    OptionalInt exit() {
        return exit;
    }
}

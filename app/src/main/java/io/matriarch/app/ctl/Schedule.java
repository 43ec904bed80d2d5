package io.matriarch.app.ctl;

import io.matriarch.app.store.IsoTime;
import java.time.Instant;
import java.util.Optional;

/** When something is to happen, as an operator types it. */
final class Schedule {

    private Schedule() {}

    /** What was typed with {@code --scheduled}, else at the prompt; empty is now. */
    static Optional<Instant> ask(Session session, Arguments arguments, String action, String example) {
        Optional<String> typed = arguments.text("--scheduled");
        if (typed.isEmpty() && arguments.flag("--force")) {
            return Optional.empty();
        }
        return parse(
                session,
                typed.orElseGet(() -> session.console()
                        .ask("When should the " + action + " take place (e.g. " + example + ") ", Optional.of("now"))));
    }

    /** A time without a zone is meant in the operator's; a time of the day is meant today. */
    static Optional<Instant> parse(Session session, String text) {
        String typed = text.strip();
        if (typed.isEmpty() || typed.equals("now")) {
            return Optional.empty();
        }
        boolean dayless = typed.matches("\\d{1,2}:\\d{2}.*");
        String whole = dayless ? session.stamp().seconds().substring(0, 11) + typed : typed;
        Optional<Instant> time = IsoTime.parse(whole, session.surroundings().zone());
        if (time.isEmpty()) {
            throw new CtlException("Unable to parse scheduled timestamp (" + text
                    + "). It should be in an unambiguous format (e.g. ISO 8601)");
        }
        return time;
    }
}

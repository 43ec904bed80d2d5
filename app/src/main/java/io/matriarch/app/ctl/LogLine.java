package io.matriarch.app.ctl;

/** The few lines the command line logs itself. */
final class LogLine {

    private LogLine() {}

    /** Prints a line on stderr unless the level from the environment hides it. */
    static void print(Session session, String level, String text) {
        Surroundings surroundings = session.surroundings();
        if (CtlLogging.shows(level, surroundings.environment())) {
            var time = surroundings.now().get().atZone(surroundings.zone()).toOffsetDateTime();
            session.console().warn(CtlLogging.line(time, level, text));
        }
    }
}

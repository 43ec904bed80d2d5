package io.matriarch.app.ctl;

import java.util.List;

/** One command of the command line. */
interface Verb {

    /** What follows the name in the usage line, {@code [OPTIONS] [CLUSTER_NAMES]...}. */
    String synopsis();

    /** One sentence for the help. */
    String description();

    List<Option> options();

    /** How many words it takes besides options; one more is a usage error. */
    int maxArguments();

    /**
     * Carries it out.
     *
     * @return the exit status
     */
    int run(Arguments arguments, Session session);
}

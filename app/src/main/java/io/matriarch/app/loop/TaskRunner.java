package io.matriarch.app.loop;

/** Runs a long action beside the loop. A simulation runs it in virtual time. */
public interface TaskRunner {

    /** Begins; {@code body} never throws. */
    Handle start(String name, Runnable body);

    /** A begun action. */
    interface Handle {

        /** Asks it to end early; returns at once. */
        void interrupt();
    }

    /** A virtual thread each. */
    static TaskRunner ofVirtualThreads() {
        return (name, body) -> {
            Thread thread = Thread.ofVirtual().name(name).start(body);
            return thread::interrupt;
        };
    }
}

package io.matriarch.app.ctl;

/** Makes Ctrl-C end the command as the reference does: {@code Aborted!} and exit status 1 instead of the JVM's 130. */
final class Interrupts {

    private final Thread hook;

    private Interrupts(Thread hook) {
        this.hook = hook;
    }

    static Interrupts watch(Console console) {
        Thread hook = new Thread(() -> {
            console.warn("\nAborted!");
            Runtime.getRuntime().halt(1);
        });
        Runtime.getRuntime().addShutdownHook(hook);
        return new Interrupts(hook);
    }

    /** The command has ended by itself. */
    void end() {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // The signal came at the very end and the hook runs: its answer is as good as ours.
            return;
        }
    }
}

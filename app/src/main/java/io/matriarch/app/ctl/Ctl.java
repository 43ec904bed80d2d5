package io.matriarch.app.ctl;

import io.matriarch.ports.plugin.DcsProvider;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;

/** The command line {@code matriarchctl}, also known as {@code patronictl} and {@code syncobj_admin}. */
public final class Ctl {

    private Ctl() {}

    /** Runs one command and ends the process with its exit status. */
    public static void main(String[] args) {
        CtlLogging.use();
        Map<String, String> environment = System.getenv();
        boolean terminal = System.console() != null && System.console().isTerminal();
        Console console = new Console(
                new FileInputStream(FileDescriptor.in),
                new FileOutputStream(FileDescriptor.out),
                new FileOutputStream(FileDescriptor.err),
                terminal,
                Ctl::hiddenLine);
        String program = System.getProperty("matriarch.program", "matriarchctl");
        Interrupts interrupts = Interrupts.watch(console);
        int status = new CommandLine(
                        console,
                        Ctl::providers,
                        new Surroundings(environment, program, Instant::now, ZoneId::systemDefault))
                .run(args);
        interrupts.end();
        console.flush();
        // Not System.exit's slow way round: nothing is left that would have to be cleaned up.
        Runtime.getRuntime().halt(status);
    }

    private static Optional<String> hiddenLine() {
        java.io.Console keyboard = System.console();
        char[] line = keyboard == null || !keyboard.isTerminal() ? null : keyboard.readPassword();
        return Optional.ofNullable(line).map(String::new);
    }

    private static List<DcsProvider> providers() {
        List<DcsProvider> providers = new ArrayList<>();
        for (DcsProvider provider : ServiceLoader.load(DcsProvider.class)) {
            providers.add(provider);
            // The search goes on through every jar meanwhile.
            Thread.ofPlatform().daemon().uncaughtExceptionHandler((_, _) -> {}).start(provider::warmUp);
        }
        return providers;
    }
}

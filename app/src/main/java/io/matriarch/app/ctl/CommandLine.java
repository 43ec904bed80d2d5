package io.matriarch.app.ctl;

import io.matriarch.app.config.TreeSection;
import io.matriarch.ports.plugin.DcsProvider;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** Parses one command line, runs its verb and turns what happens into texts and an exit status. */
final class CommandLine {

    private static final Option HELP = Option.flag("Show this message and exit.", "--help");
    static final List<Option> GLOBAL = List.of(
            Option.of("TEXT", "Configuration file", "-c", "--config-file"),
            Option.of("TEXT", "The DCS connect url", "-d", "--dcs", "--dcs-url"),
            Option.flag("Allow connections to SSL sites without certs", "-k", "--insecure"),
            HELP);

    private final Console console;
    private final Supplier<List<DcsProvider>> providers;
    private final Surroundings surroundings;

    CommandLine(Console console, Supplier<List<DcsProvider>> providers, Surroundings surroundings) {
        this.console = console;
        this.providers = providers;
        this.surroundings = surroundings;
    }

    /** The verbs of the help, in its order. */
    static final List<String> NAMES = List.of(
            "demote-cluster",
            "dsn",
            "edit-config",
            "failover",
            "flush",
            "history",
            "list",
            "pause",
            "promote-cluster",
            "query",
            "raft",
            "reinit",
            "reload",
            "remove",
            "restart",
            "resume",
            "show-config",
            "switchover",
            "topology",
            "version");

    /** A plain switch, so that no class is loaded but that of the one verb. */
    static Optional<Verb> verb(String name) {
        Verb verb = switch (name) {
            case "demote-cluster" -> new StandbyVerb(true);
            case "dsn" -> new DsnVerb();
            case "edit-config" -> new EditConfigVerb();
            case "failover" -> new SwitchoverVerb(true);
            case "flush" -> new FlushVerb();
            case "history" -> new HistoryVerb();
            case "list" -> new ListVerb(false);
            case "pause" -> new PauseVerb(true);
            case "promote-cluster" -> new StandbyVerb(false);
            case "query" -> new QueryVerb();
            case "raft" -> new RaftVerb();
            case "reinit" -> new ReinitVerb();
            case "reload" -> new ReloadVerb();
            case "remove" -> new RemoveVerb();
            case "restart" -> new RestartVerb();
            case "resume" -> new PauseVerb(false);
            case "show-config" -> new ShowConfigVerb();
            case "switchover" -> new SwitchoverVerb(false);
            case SyncobjAdminVerb.NAME -> new SyncobjAdminVerb();
            case "topology" -> new ListVerb(true);
            case "version" -> new VersionVerb();
            default -> null;
        };
        return Optional.ofNullable(verb);
    }

    int run(String[] args) {
        try {
            return dispatch(args);
        } catch (CtlException e) {
            console.warn("Error: " + e.getMessage());
            return 1;
        } catch (AbortedException e) {
            console.warn(e.getMessage());
            return 1;
        } catch (RuntimeException e) {
            // A bug; the operator can report one line better than a page, and the page is there on request.
            if (surroundings.environment().containsKey("MATRIARCH_TRACE")) {
                var page = new StringWriter();
                e.printStackTrace(new PrintWriter(page));
                console.warn(page.toString());
            }
            console.warn("Error: " + e);
            return 1;
        } finally {
            console.flush();
        }
    }

    private int dispatch(String[] args) {
        Arguments global;
        try {
            global = parse(GLOBAL, List.of(args), true);
        } catch (UsageException e) {
            return usageError("", "[OPTIONS] COMMAND [ARGS]...", e.getMessage());
        }
        List<String> words = global.words();
        if (global.flag("--help")) {
            help();
            return 0;
        }
        if (words.isEmpty()) {
            return usageError("", "[OPTIONS] COMMAND [ARGS]...", "Missing command.");
        }
        String name = words.getFirst();
        if (name.equals(TrainingVerb.NAME)) {
            List<String> before = List.of(args).subList(0, args.length - words.size());
            return run(
                    name, new TrainingVerb(line -> run(joined(before, line))), words.subList(1, words.size()), global);
        }
        Optional<Verb> verb = verb(name);
        if (verb.isEmpty()) {
            return usageError("", "[OPTIONS] COMMAND [ARGS]...", "No such command '" + name + "'.");
        }
        return run(name, verb.get(), words.subList(1, words.size()), global);
    }

    private static String[] joined(List<String> before, List<String> line) {
        List<String> all = new ArrayList<>(before);
        all.addAll(line);
        return all.toArray(String[]::new);
    }

    private int run(String name, Verb verb, List<String> words, Arguments global) {
        try {
            List<Option> options = new ArrayList<>(verb.options());
            options.add(HELP);
            Arguments arguments = parse(options, words, false);
            if (arguments.flag("--help")) {
                help(name, verb);
                return 0;
            }
            if (arguments.words().size() > verb.maxArguments()) {
                List<String> extra = arguments.wordsFrom(verb.maxArguments());
                throw new UsageException("Got unexpected extra argument" + (extra.size() > 1 ? "s (" : " (")
                        + String.join(" ", extra) + ")");
            }
            Supplier<TreeSection> settings = () -> CtlSettings.load(
                    global.text("--config-file"),
                    global.text("--dcs-url"),
                    global.flag("--insecure"),
                    surroundings.environment());
            try (Session session = new Session(console, settings, providers, surroundings)) {
                return verb.run(arguments, session);
            }
        } catch (UsageException e) {
            return usageError(name + " ", verb.synopsis(), e.getMessage());
        }
    }

    private static Arguments parse(List<Option> options, List<String> words, boolean stopAtWord) {
        return new Arguments(PlainParser.parse(options, words, stopAtWord)
                .orElseGet(() -> PicocliParser.parse(options, words, stopAtWord)));
    }

    private int usageError(String command, String synopsis, String message) {
        String program = surroundings.program();
        console.warn("Usage: " + program + " " + command + synopsis + "\nTry '" + (program + " " + command).strip()
                + " --help' for help.\n\nError: " + message);
        return 2;
    }

    private void help() {
        console.line("Usage: " + surroundings.program() + " [OPTIONS] COMMAND [ARGS]...");
        console.line("");
        console.line("  Command-line interface for interacting with Matriarch.");
        options(GLOBAL);
        console.line("");
        console.line("Commands:");
        NAMES.forEach(name ->
                console.line("  " + padded(name, 18) + verb(name).orElseThrow().description()));
    }

    private void help(String name, Verb verb) {
        console.line("Usage: " + surroundings.program() + " " + name + " " + verb.synopsis());
        console.line("");
        console.line("  " + verb.description());
        List<Option> options = new ArrayList<>(verb.options());
        options.add(HELP);
        options(options);
    }

    private void options(List<Option> options) {
        console.line("");
        console.line("Options:");
        for (Option option : options) {
            String names = String.join(", ", option.names())
                    + option.value().map(value -> " " + value).orElse("");
            if (names.length() > 28) {
                console.line("  " + names);
                console.line("  " + padded("", 30) + option.help());
            } else {
                console.line("  " + padded(names, 30) + option.help());
            }
        }
    }

    private static String padded(String text, int width) {
        return text + " ".repeat(Math.max(0, width - text.length()));
    }
}

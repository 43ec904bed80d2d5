package io.matriarch.app;

import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/** What the words after {@code matriarch} ask for. */
sealed interface CommandLine {

    String USAGE = """
            usage: matriarch [-h] [--version] [--validate-config | --generate-sample-config | --generate-config]
                             [--dsn DSN] [--ignore-listen-port] [--print] [CONFIG]
                   matriarch witness [-h] [--version] [CONFIG]""";

    String HELP = USAGE + """


            The agent beside a PostgreSQL server; CONFIG is a YAML file or a directory of them. Without one the
            environment is the configuration: PATRONI_CONFIGURATION, or the single PATRONI_* variables.

            witness                   run a voter of the embedded store, without PostgreSQL
            -h, --help                show this help and exit
            --version                 show the version and exit
            --validate-config         name everything that is wrong with CONFIG on this host, and exit
            --generate-sample-config  not available in this version
            --generate-config         not available in this version
            --dsn DSN                 with --generate-config: the server to look at
            --ignore-listen-port, -i  with --validate-config: listen ports may be in use
            --print, -p               with --validate-config: show the configuration if nothing is wrong with it""";

    record Help() implements CommandLine {}

    record ShowVersion() implements CommandLine {}

    record Agent(Optional<Path> config) implements CommandLine {}

    record Witness(Optional<Path> config) implements CommandLine {}

    /**
     * Look at a configuration and end.
     *
     * @param portsMatter whether a listen port that is in use is a problem
     * @param print whether a good configuration is shown
     */
    record Validate(Optional<Path> config, boolean portsMatter, boolean print) implements CommandLine {}

    /** Make a configuration, by one of two options. */
    record Generate(String option) implements CommandLine {}

    /** Not understood; exit status 2. */
    record Wrong(String why) implements CommandLine {}

    /** Long options may be cut to what no other one begins with; {@code raft-node} is another word for witness. */
    static CommandLine parse(List<String> words) {
        return new Parser(words).parse();
    }

    /** Reads the words once, from left to right. */
    final class Parser {

        private static final String VALIDATE = "--validate-config";
        private static final String SAMPLE = "--generate-sample-config";
        private static final String GENERATE = "--generate-config";
        private static final String DSN = "--dsn";

        private final Deque<String> words;
        private final List<String> operands = new ArrayList<>();
        private final List<String> unknown = new ArrayList<>();
        private Optional<String> mode = Optional.empty();
        private boolean witness;
        private boolean ignorePorts;
        private boolean print;
        /** Decided before the last word: help, the version, or a mistake. */
        private Optional<CommandLine> early = Optional.empty();

        private Parser(List<String> words) {
            this.words = new ArrayDeque<>(words);
        }

        private CommandLine parse() {
            while (!words.isEmpty() && early.isEmpty()) {
                String word = words.pop();
                if (word.equals("--")) {
                    operands.addAll(words);
                    words.clear();
                } else if (word.startsWith("--")) {
                    longOption(word);
                } else if (word.startsWith("-") && word.length() > 1) {
                    shortOptions(word);
                } else if (isWitness(word)) {
                    witness = true;
                } else {
                    operands.add(word);
                }
            }
            return early.orElseGet(this::whole);
        }

        private boolean isWitness(String word) {
            return !witness && operands.isEmpty() && (word.equals("witness") || word.equals("raft-node"));
        }

        private CommandLine whole() {
            if (operands.size() > 1) {
                unknown.addAll(operands.subList(1, operands.size()));
            }
            if (!unknown.isEmpty()) {
                return new Wrong("unrecognized arguments: " + String.join(" ", unknown));
            }
            if (witness && mode.isPresent()) {
                return new Wrong("argument " + mode.get() + ": not allowed with witness");
            }
            Optional<Path> config = operands.stream().findFirst().map(Path::of);
            if (witness) {
                return new Witness(config);
            }
            if (mode.isEmpty()) {
                return new Agent(config);
            }
            return mode.get().equals(VALIDATE) ? new Validate(config, !ignorePorts, print) : new Generate(mode.get());
        }

        private void longOption(String word) {
            int equals = word.indexOf('=');
            String name = equals < 0 ? word : word.substring(0, equals);
            Optional<String> value = equals < 0 ? Optional.empty() : Optional.of(word.substring(equals + 1));
            List<String> meant = meant(name);
            if (meant.isEmpty()) {
                unknown.add(word);
            } else if (meant.size() > 1) {
                wrong("ambiguous option: " + name + " could match " + String.join(", ", meant));
            } else {
                option(meant.getFirst(), value);
            }
        }

        private static List<String> meant(String name) {
            List<String> all =
                    List.of("--help", "--version", VALIDATE, SAMPLE, GENERATE, DSN, "--ignore-listen-port", "--print");
            return all.contains(name)
                    ? List.of(name)
                    : all.stream().filter(one -> one.startsWith(name)).toList();
        }

        private void option(String name, Optional<String> value) {
            if (name.equals(DSN)) {
                dsn(value);
                return;
            }
            if (value.isPresent()) {
                wrong("argument " + name + ": ignored explicit argument '" + value.get() + "'");
                return;
            }
            switch (name) {
                case "--help" -> early = Optional.of(new Help());
                case "--version" -> early = Optional.of(new ShowVersion());
                case "--ignore-listen-port" -> ignorePorts = true;
                case "--print" -> print = true;
                default -> mode(name);
            }
        }

        private void mode(String name) {
            if (mode.isPresent() && !mode.get().equals(name)) {
                wrong("argument " + name + ": not allowed with argument " + mode.get());
            }
            mode = Optional.of(name);
        }

        /** Accepted without its mode, as the reference does. */
        private void dsn(Optional<String> value) {
            String next = words.peek();
            if (value.isEmpty() && (next == null || next.startsWith("-"))) {
                wrong("argument " + DSN + ": expected one argument");
            } else if (value.isEmpty()) {
                words.pop();
            }
        }

        private void shortOptions(String word) {
            for (char letter : word.substring(1).toCharArray()) {
                switch (letter) {
                    case 'h' -> early = early.or(() -> Optional.of(new Help()));
                    case 'i' -> ignorePorts = true;
                    case 'p' -> print = true;
                    default -> {
                        unknown.add(word);
                        return;
                    }
                }
            }
        }

        private void wrong(String why) {
            early = early.or(() -> Optional.of(new Wrong(why)));
        }
    }
}

package io.matriarch.app;

import io.matriarch.app.version.Version;
import io.matriarch.app.wiring.AgentProcess;
import io.matriarch.app.wiring.WitnessProcess;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The agent beside a PostgreSQL server. */
public final class Main {

    private Main() {}

    private static final String USAGE = "usage: matriarch [--version] [witness] [CONFIG]";

    /**
     * {@code matriarch [--version] [witness] [CONFIG]}: exit status 0 after a graceful end, 1 on errors, 2 on bad
     * arguments. {@code raft-node} is another word for {@code witness}.
     */
    public static void main(String[] args) {
        List<String> words = new ArrayList<>(List.of(args));
        boolean witness = !words.isEmpty()
                && (words.getFirst().equals("witness") || words.getFirst().equals("raft-node"));
        if (witness) {
            words.removeFirst();
        }
        Optional<String> option =
                words.stream().filter(word -> word.startsWith("-")).findFirst();
        if (option.equals(Optional.of("--version"))) {
            print(FileDescriptor.out, "matriarch " + Version.own());
            exit(0);
        }
        if (option.isPresent() || words.size() > 1) {
            print(FileDescriptor.err, USAGE);
            print(FileDescriptor.err, "matriarch: error: unrecognized arguments: " + option.orElseGet(words::getLast));
            exit(2);
        }
        Optional<Path> config = words.stream().findFirst().map(Path::of);
        exit(witness ? WitnessProcess.run(config, System.getenv()) : AgentProcess.run(config, System.getenv()));
    }

    /** Threads of libraries must not keep a process alive that has decided to end. */
    private static void exit(int status) {
        Runtime.getRuntime().halt(status);
    }

    private static void print(FileDescriptor descriptor, String line) {
        var out = new PrintWriter(new FileOutputStream(descriptor), true, StandardCharsets.UTF_8);
        out.println(line);
    }
}

package io.matriarch.app;

import io.matriarch.app.config.YamlTree;
import io.matriarch.app.version.Version;
import io.matriarch.app.wiring.AgentProcess;
import io.matriarch.app.wiring.Validation;
import io.matriarch.app.wiring.WitnessProcess;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** The agent beside a PostgreSQL server. */
public final class Main {

    private Main() {}

    /** Exit status 0 after a graceful end, 1 on errors, 2 on bad arguments. */
    public static void main(String[] args) {
        exit(run(CommandLine.parse(List.of(args))));
    }

    private static int run(CommandLine wanted) {
        return switch (wanted) {
            case CommandLine.Help _ -> {
                print(FileDescriptor.out, CommandLine.HELP + "\n");
                yield 0;
            }
            case CommandLine.ShowVersion _ -> {
                print(FileDescriptor.out, "matriarch " + Version.own() + "\n");
                yield 0;
            }
            case CommandLine.Agent(var config) -> AgentProcess.run(config, System.getenv());
            case CommandLine.Witness(var config) -> WitnessProcess.run(config, System.getenv());
            case CommandLine.Validate validate -> validate(validate);
            case CommandLine.Generate(var option) -> {
                print(
                        FileDescriptor.err,
                        "matriarch: " + option + " is not available in this version\n"
                                + "hint: write the file by hand and look at it with --validate-config\n");
                yield 1;
            }
            case CommandLine.Wrong(var why) -> {
                print(FileDescriptor.err, CommandLine.USAGE + "\nmatriarch: error: " + why + "\n");
                yield 2;
            }
        };
    }

    private static int validate(CommandLine.Validate wanted) {
        Validation.Result result = Validation.of(wanted.config(), System.getenv(), wanted.portsMatter());
        result.lines().forEach(line -> print(FileDescriptor.err, line + "\n"));
        if (!result.lines().isEmpty()) {
            return 1;
        }
        if (wanted.print()) {
            print(FileDescriptor.out, YamlTree.dump(result.tree()));
        }
        return 0;
    }

    /** Threads of libraries must not keep a process alive that has decided to end. */
    private static void exit(int status) {
        Runtime.getRuntime().halt(status);
    }

    private static void print(FileDescriptor descriptor, String text) {
        var out = new PrintWriter(new FileOutputStream(descriptor), false, StandardCharsets.UTF_8);
        out.print(text);
        out.flush();
    }
}

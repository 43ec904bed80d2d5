package io.matriarch.app;

import io.matriarch.app.wiring.AgentProcess;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The agent beside a PostgreSQL server. */
public final class Main {

    private Main() {}

    /** {@code matriarch [--version] [CONFIG]}: exit status 0 after a graceful end, 1 on errors, 2 on bad arguments. */
    public static void main(String[] args) {
        List<String> files = new ArrayList<>();
        for (String arg : args) {
            if (arg.equals("--version")) {
                print(FileDescriptor.out, "matriarch " + Version.own());
                exit(0);
            }
            if (arg.startsWith("-")) {
                print(FileDescriptor.err, "usage: matriarch [--version] [CONFIG]");
                print(FileDescriptor.err, "matriarch: error: unrecognized arguments: " + arg);
                exit(2);
            }
            files.add(arg);
        }
        if (files.size() > 1) {
            print(FileDescriptor.err, "usage: matriarch [--version] [CONFIG]");
            print(FileDescriptor.err, "matriarch: error: unrecognized arguments: " + files.get(1));
            exit(2);
        }
        exit(AgentProcess.run(files.stream().findFirst().map(Path::of), System.getenv()));
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

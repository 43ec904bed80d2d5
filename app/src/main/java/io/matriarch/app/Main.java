package io.matriarch.app;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;

/** The agent beside a PostgreSQL server. */
public final class Main {

    private Main() {}

    /** Prints the version; exit status 2 on any other argument. */
    public static void main(String[] args) {
        if (args.length == 1 && args[0].equals("--version")) {
            try (var out = writerTo(FileDescriptor.out)) {
                out.println("matriarch " + Version.own());
            }
            return;
        }
        try (var err = writerTo(FileDescriptor.err)) {
            err.println("usage: matriarch --version");
        }
        Runtime.getRuntime().exit(2);
    }

    private static PrintWriter writerTo(FileDescriptor descriptor) {
        return new PrintWriter(new FileOutputStream(descriptor), true, StandardCharsets.UTF_8);
    }
}

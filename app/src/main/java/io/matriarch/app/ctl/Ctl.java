package io.matriarch.app.ctl;

import io.matriarch.app.Version;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;

/** The command line {@code matriarchctl}. */
public final class Ctl {

    private Ctl() {}

    /** Carries out the verb {@code version}; exit status 2 on any other argument. */
    public static void main(String[] args) {
        if (args.length == 1 && args[0].equals("version")) {
            try (var out = writerTo(FileDescriptor.out)) {
                out.println("matriarchctl version " + Version.own());
            }
            return;
        }
        try (var err = writerTo(FileDescriptor.err)) {
            err.println("usage: matriarchctl version");
        }
        Runtime.getRuntime().exit(2);
    }

    private static PrintWriter writerTo(FileDescriptor descriptor) {
        return new PrintWriter(new FileOutputStream(descriptor), true, StandardCharsets.UTF_8);
    }
}

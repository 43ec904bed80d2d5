package io.matriarch.simulation;

import java.io.PrintStream;
import java.util.Locale;

/** Prints what happens, for the person who looks at one seed. */
final class Tracer {

    private static PrintStream out = new PrintStream(java.io.OutputStream.nullOutputStream());

    private Tracer() {}

    static void to(PrintStream stream) {
        out = stream;
    }

    static void line(long nanos, String who, String what) {
        out.println(String.format(Locale.ROOT, "%10.3f %-6s %s", nanos / 1e9, who, what));
    }
}

package io.matriarch.app.ctl;

import java.io.BufferedReader;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Supplier;

/** The operator's screen and keyboard: output, prompts and confirmations, all with the reference's texts. */
final class Console {

    /** Never closed: the descriptor belongs to the process. */
    private static final FileOutputStream STANDARD_ERROR = new FileOutputStream(FileDescriptor.err);

    private final PrintStream out;
    private final PrintStream err;
    private final InputStream in;
    private final boolean terminal;
    private final Supplier<Optional<String>> hiddenInput;
    private BufferedReader reader;

    /**
     * @param terminal whether the output is a screen that can be cleared and coloured
     * @param hiddenInput reads a line without showing it; empty when there is no keyboard
     */
    Console(
            InputStream in,
            OutputStream out,
            OutputStream err,
            boolean terminal,
            Supplier<Optional<String>> hiddenInput) {
        this.in = in;
        this.out = new PrintStream(out, false, StandardCharsets.UTF_8);
        this.err = new PrintStream(err, false, StandardCharsets.UTF_8);
        this.terminal = terminal;
        this.hiddenInput = hiddenInput;
    }

    boolean isTerminal() {
        return terminal;
    }

    void line(String text) {
        out.print(text);
        out.print('\n');
    }

    /** Text as it is, without an end of line. */
    void text(String text) {
        out.print(text);
    }

    void warn(String text) {
        out.flush();
        err.print(text + "\n");
        err.flush();
    }

    /** A line on stderr of who has no console at hand. */
    static void standardError(String line) {
        byte[] bytes = (line + "\n").getBytes(StandardCharsets.UTF_8);
        try {
            STANDARD_ERROR.write(bytes);
        } catch (IOException e) {
            // Nobody listens to what is only said beside the result.
            return;
        }
    }

    void flush() {
        out.flush();
        err.flush();
    }

    void clear() {
        if (terminal) {
            out.print("\u001b[2J\u001b[;H");
        }
    }

    /** Asks until something is answered; an empty answer takes the default where there is one. */
    String ask(String question, Optional<String> byDefault) {
        while (true) {
            text(question + byDefault.map(value -> " [" + value + "]").orElse("") + ": ");
            String answer = readLine();
            if (!answer.isEmpty()) {
                return answer;
            }
            if (byDefault.isPresent()) {
                return byDefault.get();
            }
        }
    }

    boolean confirm(String question) {
        while (true) {
            text(question + " [y/N]: ");
            switch (readLine().strip().toLowerCase(Locale.ROOT)) {
                case "y", "yes" -> {
                    return true;
                }
                case "", "n", "no" -> {
                    return false;
                }
                default -> line("Error: invalid input");
            }
        }
    }

    /** Asks for something that is not shown. */
    String askHidden(String question) {
        text(question + ": ");
        flush();
        String answer = hiddenInput.get().orElseGet(this::readLine);
        line("");
        return answer;
    }

    private String readLine() {
        flush();
        try {
            String answer = reader().readLine();
            if (answer == null) {
                line("");
                throw new AbortedException();
            }
            return answer;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Everything that is left on the standard input. */
    String readAll() {
        try {
            StringBuilder all = new StringBuilder();
            char[] buffer = new char[8192];
            for (int n = reader().read(buffer); n >= 0; n = reader().read(buffer)) {
                all.append(buffer, 0, n);
            }
            return all.toString();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private BufferedReader reader() {
        if (reader == null) {
            reader = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
        }
        return reader;
    }
}

package io.matriarch.app.ctl;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The operator's editor and pager. */
final class ExternalTool {

    private ExternalTool() {}

    /** Opens a file in the operator's editor and waits for its end. */
    static void edit(Session session, Path file) {
        Map<String, String> environment = session.surroundings().environment();
        List<String> editor = words(environment.get("EDITOR"))
                .or(() -> onPath(environment, "editor", "vi"))
                .orElseThrow(() ->
                        new CtlException("EDITOR environment variable is not set. editor or vi are not available"));
        List<String> command = new ArrayList<>(editor);
        command.add(file.toString());
        session.console().flush();
        int status = run(command, Optional.empty());
        if (status != 0) {
            throw new CtlException("Editor exited with return code " + status);
        }
    }

    /** Shows coloured lines of a diff page by page. */
    static void page(Session session, List<String> diff) {
        Map<String, String> environment = session.surroundings().environment();
        List<String> pager = words(environment.get("PAGER"))
                .or(() -> onPath(environment, "less", "more"))
                .orElseThrow(() -> new CtlException(
                        "No pager could be found. Either set PAGER environment variable with your pager or install"
                                + " either \"less\" or \"more\" programs and make it available in the PATH."));
        List<String> command = new ArrayList<>(pager);
        if (pager.getFirst().endsWith("less") && pager.size() == 1) {
            // Colours as they are, and no screenful for what fits on the screen.
            command.add("-FRX");
        }
        StringBuilder text = new StringBuilder();
        diff.forEach(line -> text.append(coloured(line)).append('\n'));
        session.console().flush();
        run(command, Optional.of(text.toString()));
    }

    private static String coloured(String line) {
        String colour = switch (line.isEmpty() ? ' ' : line.charAt(0)) {
            case '+' -> "\u001b[32m";
            case '-' -> "\u001b[31m";
            case '@' -> "\u001b[36m";
            default -> "";
        };
        return colour.isEmpty() ? line : colour + line + "\u001b[0m";
    }

    private static Optional<List<String>> words(String command) {
        return command == null || command.isBlank()
                ? Optional.empty()
                : Optional.of(List.of(command.strip().split("\\s+")));
    }

    private static Optional<List<String>> onPath(Map<String, String> environment, String... names) {
        for (String name : names) {
            for (String folder : environment.getOrDefault("PATH", "").split(":")) {
                if (!folder.isEmpty() && Files.isExecutable(Path.of(folder, name))) {
                    return Optional.of(List.of(name));
                }
            }
        }
        return Optional.empty();
    }

    private static int run(List<String> command, Optional<String> input) {
        ProcessBuilder builder = new ProcessBuilder(command).inheritIO();
        if (input.isPresent()) {
            builder.redirectInput(ProcessBuilder.Redirect.PIPE);
        }
        try {
            Process process = builder.start();
            if (input.isPresent()) {
                feed(process, input.get());
            }
            return process.waitFor();
        } catch (IOException e) {
            throw new CtlException(command.getFirst() + " can not be run: " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AbortedException();
        }
    }

    private static void feed(Process process, String input) {
        try (OutputStream pipe = process.getOutputStream()) {
            pipe.write(input.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            // The operator has left the pager before the end.
            return;
        }
    }
}

package io.matriarch.adapters.postgres;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs the operator's commands when something has happened to the server. Nobody waits for them. A new one ends the one
 * that still runs, with its children; {@code on_reload} has a lane of its own.
 */
final class Callbacks {

    private static final Logger log = LoggerFactory.getLogger(Callbacks.class);

    private Optional<Process> running = Optional.empty();
    private Optional<Process> reloading = Optional.empty();

    synchronized void run(Map<String, String> commands, String action, String role, String scope) {
        if (!commands.containsKey(action)) {
            return;
        }
        boolean reload = action.equals("on_reload");
        (reload ? reloading : running).filter(Process::isAlive).ifPresent(Callbacks::kill);
        var command = new ArrayList<>(ShellWords.split(commands.get(action)));
        command.addAll(List.of(action, role, scope));
        Optional<Process> started = start(command);
        if (reload) {
            reloading = started;
        } else {
            running = started;
        }
    }

    private static Optional<Process> start(List<String> command) {
        try {
            var builder = new ProcessBuilder(command)
                    .redirectInput(ProcessBuilder.Redirect.from(new java.io.File("/dev/null")))
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .redirectError(ProcessBuilder.Redirect.DISCARD);
            Process process = builder.start();
            process.onExit().thenAccept(ended -> {
                if (ended.exitValue() != 0) {
                    log.warn("callback {} exited with {}", command, ended.exitValue());
                }
            });
            return Optional.of(process);
        } catch (IOException e) {
            log.error("cannot run the callback {}: {}", command, e.getMessage());
            return Optional.empty();
        }
    }

    private static void kill(Process process) {
        log.warn("killed a callback because it was still running: pid={}", process.pid());
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
    }
}

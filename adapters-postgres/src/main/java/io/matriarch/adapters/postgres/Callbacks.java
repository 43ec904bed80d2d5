package io.matriarch.adapters.postgres;

import java.io.File;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs the operator's commands when something has happened to the server. Nobody waits for them.
 *
 * <p>They run one after the other, in the order of what has happened: a command that takes an address away must not
 * overtake the one that is still giving it. One that others wait for has its time and is then ended with its children, so
 * that a command that hangs does not hold up the news for ever (W-23). {@code on_reload} says nothing of the role and has
 * a lane of its own.
 */
final class Callbacks {

    private static final Logger log = LoggerFactory.getLogger(Callbacks.class);
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final Lane changes;
    private final Lane reloads;

    Callbacks() {
        this(PATIENCE);
    }

    /**
     * @param patience how long one may run while others wait for it
     */
    Callbacks(Duration patience) {
        changes = new Lane(patience);
        reloads = new Lane(patience);
    }

    void run(Map<String, String> commands, String action, String role, String scope) {
        if (!commands.containsKey(action)) {
            return;
        }
        var command = new ArrayList<>(ShellWords.split(commands.get(action)));
        command.addAll(List.of(action, role, scope));
        (action.equals("on_reload") ? reloads : changes).add(new Call(action, command));
    }

    /**
     * Waits until the last of them has been begun, {@code atMost} this long: what the agent has begun goes on without it,
     * what waits would be lost with it.
     */
    void awaitBegun(Duration atMost) {
        Deadline deadline = Deadline.in(atMost);
        while ((changes.isWaiting() || reloads.isWaiting()) && !deadline.hasPassed() && Pause.millis(20)) {
            // The lanes go on by themselves.
        }
    }

    private record Call(String action, List<String> command) {}

    private record Running(Call call, Process process, Deadline end) {}

    /** Callbacks that wait for each other. */
    private static final class Lane {

        private final Duration patience;
        private final Deque<Call> waiting = new ArrayDeque<>();
        private Optional<Running> running = Optional.empty();

        Lane(Duration patience) {
            this.patience = patience;
        }

        synchronized boolean isWaiting() {
            return !waiting.isEmpty();
        }

        /** The same action twice in a row would only say again, later, what no longer holds. */
        synchronized void add(Call call) {
            if (!waiting.isEmpty() && waiting.getLast().action().equals(call.action())) {
                log.info(
                        "callback {} is left out: {} follows it",
                        waiting.removeLast().command(),
                        call.command());
            }
            waiting.addLast(call);
            if (running.isEmpty()) {
                next();
            } else {
                limit(running.get());
            }
        }

        private void next() {
            running = Optional.empty();
            while (running.isEmpty() && !waiting.isEmpty()) {
                Call call = waiting.removeFirst();
                running = start(call).map(process -> new Running(call, process, Deadline.in(patience)));
            }
            running.ifPresent(begun -> {
                begun.process().onExit().thenAccept(ended -> end(begun, ended.exitValue()));
                if (!waiting.isEmpty()) {
                    limit(begun);
                }
            });
        }

        private synchronized void end(Running ended, int code) {
            if (code != 0) {
                log.warn("callback {} exited with {}", ended.call().command(), code);
            }
            if (running.filter(ended::equals).isPresent()) {
                next();
            }
        }

        private void limit(Running slow) {
            CompletableFuture.delayedExecutor(slow.end().left().toMillis(), TimeUnit.MILLISECONDS)
                    .execute(() -> giveUp(slow));
        }

        private synchronized void giveUp(Running slow) {
            if (running.filter(slow::equals).isPresent() && slow.process().isAlive()) {
                log.warn(
                        "killed a callback because others wait for it: {} pid={}",
                        slow.call().command(),
                        slow.process().pid());
                slow.process().descendants().forEach(ProcessHandle::destroyForcibly);
                slow.process().destroyForcibly();
            }
        }

        private static Optional<Process> start(Call call) {
            try {
                return Optional.of(new ProcessBuilder(call.command())
                        .redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")))
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .redirectError(ProcessBuilder.Redirect.DISCARD)
                        .start());
            } catch (IOException e) {
                log.error("cannot run the callback {}: {}", call.command(), e.getMessage());
                return Optional.empty();
            }
        }
    }
}

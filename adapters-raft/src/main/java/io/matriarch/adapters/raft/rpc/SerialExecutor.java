package io.matriarch.adapters.raft.rpc;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs tasks one after another, in their order, on threads of another executor; it has no thread while it is idle. */
final class SerialExecutor implements Executor {

    private static final Logger log = LoggerFactory.getLogger(SerialExecutor.class);

    private final Executor threads;
    private final Queue<Runnable> waiting = new ArrayDeque<>();
    private boolean running;

    SerialExecutor(Executor threads) {
        this.threads = threads;
    }

    /**
     * Adds a task.
     *
     * @throws RejectedExecutionException if there is no thread for it; it is not run then
     */
    @Override
    public synchronized void execute(Runnable task) {
        waiting.add(task);
        if (running) {
            return;
        }
        try {
            threads.execute(this::run);
            running = true;
        } catch (RejectedExecutionException e) {
            waiting.remove(task);
            throw e;
        }
    }

    private void run() {
        for (Runnable task = next(); task != null; task = next()) {
            try {
                task.run();
            } catch (RuntimeException e) {
                log.error("a task failed", e);
            }
        }
    }

    private synchronized Runnable next() {
        Runnable task = waiting.poll();
        running = task != null;
        return task;
    }
}

package io.matriarch.app.loop;

import io.matriarch.domain.ha.TaskKind;
import io.matriarch.domain.ha.TaskResult;
import io.matriarch.domain.ha.TaskView;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The one long action that may run at a time. Its end is shown to exactly one observation. */
public final class BackgroundTask {

    private static final Logger log = LoggerFactory.getLogger(BackgroundTask.class);

    private final TaskRunner runner;
    private final Runnable wakeUp;
    private TaskView view = new TaskView.Idle();
    private TaskRunner.Handle handle = () -> {};

    public BackgroundTask(TaskRunner runner, Runnable wakeUp) {
        this.runner = runner;
        this.wakeUp = wakeUp;
    }

    /** Begins, unless another one runs. */
    public synchronized Outcome start(TaskKind kind, String label, Supplier<TaskResult> action) {
        if (view instanceof TaskView.Running running) {
            return new Outcome.Failed("failed to run " + label + ", " + running.label() + " is already in progress");
        }
        view = new TaskView.Running(kind, label);
        handle = runner.start("task " + label, () -> end(kind, label, result(label, action)));
        return new Outcome.Started(label);
    }

    private static TaskResult result(String label, Supplier<TaskResult> action) {
        try {
            return action.get();
        } catch (RuntimeException e) {
            log.error("{} ended with a bug, please report it", label, e);
            return new TaskResult.Failed(String.valueOf(e.getMessage()));
        }
    }

    private void end(TaskKind kind, String label, TaskResult result) {
        synchronized (this) {
            view = new TaskView.Ended(kind, label, result);
        }
        if (result instanceof TaskResult.Failed(String why)) {
            log.warn("{} failed: {}", label, why);
        }
        wakeUp.run();
    }

    /** What there is to see; an end is seen once. */
    public synchronized TaskView observe() {
        TaskView seen = view;
        if (view instanceof TaskView.Ended) {
            view = new TaskView.Idle();
        }
        return seen;
    }

    /** What there is to see, without using it up. */
    public synchronized TaskView peek() {
        return view;
    }

    /** The server's exit is news, unless it is being stopped: then the end of the task is. */
    public void serverExited() {
        boolean expected = peek() instanceof TaskView.Running(TaskKind kind, var _) && kind == TaskKind.STOP;
        if (!expected) {
            wakeUp.run();
        }
    }

    /** Asks the running one to end early. */
    public synchronized void abort(String why) {
        if (view instanceof TaskView.Running running) {
            log.info("ending {}: {}", running.label(), why);
            handle.interrupt();
        }
    }
}

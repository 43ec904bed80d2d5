package io.matriarch.app.rest;

import io.matriarch.app.config.LiveConfig;
import io.matriarch.app.loop.AgentView;
import io.matriarch.app.loop.RequestBox;
import io.matriarch.domain.cluster.ClusterView;
import io.matriarch.domain.cluster.ScheduledRestart;
import io.matriarch.domain.ha.DcsView;
import io.matriarch.domain.ha.OperatorRequest;
import io.matriarch.domain.ha.TaskView;
import io.matriarch.ports.postgres.ServerReport;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Turns a scheduled restart into a request when its time has come (ha-decisions §16.2). */
final class RestartTimer implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(RestartTimer.class);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(1);

    private final RestAgent agent;
    private final LiveConfig live;
    private final Thread thread;

    RestartTimer(RestAgent agent, LiveConfig live) {
        this.agent = agent;
        this.live = live;
        this.thread = Thread.ofVirtual().name("restart-timer").unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    private void run() {
        while (!Thread.currentThread().isInterrupted()) {
            try {
                Thread.sleep(pause());
                look();
            } catch (InterruptedException e) {
                return;
            } catch (RuntimeException e) {
                log.error("the timer of scheduled restarts raised an unexpected exception", e);
            }
        }
    }

    private Duration pause() {
        return agent.scheduledRestart()
                .map(restart -> Duration.between(agent.clock().wallClock(), restart.at()))
                .filter(left -> left.isPositive() && left.compareTo(LONGEST_PAUSE) < 0)
                .orElse(LONGEST_PAUSE);
    }

    /** Looks once; gives what was asked of the loop, if anything was. */
    Optional<CompletableFuture<RequestBox.Answer>> look() {
        Optional<ScheduledRestart> scheduled = agent.scheduledRestart();
        Optional<AgentView> view = agent.view();
        if (scheduled.isEmpty() || view.isEmpty()) {
            return Optional.empty();
        }
        Duration late = Duration.between(scheduled.get().at(), agent.clock().wallClock());
        if (late.isNegative()) {
            return Optional.empty();
        }
        Duration tooLate = live.effective().timings().loopWait().multipliedBy(3).dividedBy(2);
        if (late.compareTo(tooLate) > 0) {
            log.warn("Found a stale scheduled restart value, cleaning up...");
            agent.cancelSchedule();
            return Optional.empty();
        }
        return mayRestart(view.get()) ? restart(scheduled.get(), view.get()) : Optional.empty();
    }

    /** While paused, without a leader or during another action it waits, until it is too late. */
    private boolean mayRestart(AgentView view) {
        return !live.effective().settings().paused()
                && view.observation().dcs() instanceof DcsView.Read(ClusterView cluster)
                && cluster.isLocked()
                && view.observation().task() instanceof TaskView.Idle;
    }

    private Optional<CompletableFuture<RequestBox.Answer>> restart(ScheduledRestart scheduled, AgentView view) {
        agent.cancelSchedule();
        Optional<String> started = view.report() instanceof ServerReport.Answer answer
                ? Optional.of(answer.startTime())
                : Optional.empty();
        if (started.filter(scheduled.serverStartedAt()::equals).isEmpty()) {
            log.info(
                    "Cancelling scheduled restart: postgres restart has already happened at {}",
                    started.orElse("an unknown time"));
            return Optional.empty();
        }
        Optional<Duration> timeout = scheduled.timeoutSeconds().map(Duration::ofSeconds);
        CompletableFuture<RequestBox.Answer> answer =
                agent.requests().ask(number -> new OperatorRequest.Restart(number, scheduled.filters(), timeout));
        return Optional.of(answer.whenComplete((given, _) -> log.info("Scheduled restart: {}", given.text())));
    }

    @Override
    public void close() {
        thread.interrupt();
    }
}

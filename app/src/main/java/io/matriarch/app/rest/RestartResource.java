package io.matriarch.app.rest;

import io.matriarch.app.config.LiveConfig;
import io.matriarch.app.config.Trees;
import io.matriarch.app.config.ValueParser;
import io.matriarch.app.loop.AgentView;
import io.matriarch.app.loop.RequestBox;
import io.matriarch.app.store.PostgresVersion;
import io.matriarch.domain.cluster.RestartFilters;
import io.matriarch.domain.cluster.Role;
import io.matriarch.domain.cluster.ScheduledRestart;
import io.matriarch.domain.ha.OperatorRequest;
import io.matriarch.ports.postgres.ServerReport;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.core.Response;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Restarts of the member's server, at once or at a time. */
@Path("/restart")
public final class RestartResource {

    /** What a turn may need before it begins, and the answer afterwards. */
    private static final Duration ROOM = Duration.ofSeconds(30);

    private final RestAgent agent;
    private final LiveConfig live;

    /** What the body says. */
    private record Wish(Optional<Instant> at, RestartFilters filters, Optional<Integer> timeout) {}

    RestartResource(RestAgent agent, LiveConfig live) {
        this.agent = agent;
        this.live = live;
    }

    @POST
    public Response post(byte[] body) {
        Map<String, Object> document = Answers.optional(body);
        boolean paused = live.effective().settings().paused();
        if (paused && Trees.truthy(document.get("schedule"))) {
            return Answers.text(500, "Can't schedule restart in the paused state");
        }
        Wish wish = wish(document);
        return wish.at().isPresent() ? schedule(wish) : now(wish);
    }

    private Wish wish(Map<String, Object> document) {
        Optional<Instant> at = Optional.empty();
        Optional<Role> role = Optional.empty();
        Optional<Integer> version = Optional.empty();
        Optional<Integer> timeout = Optional.empty();
        boolean pendingOnly = false;
        for (Map.Entry<String, Object> entry : document.entrySet()) {
            switch (entry.getKey()) {
                case "schedule" ->
                    at = Optional.of(Schedules.future(
                            entry.getValue(), "restart", agent.clock().wallClock()));
                case "role" -> role = Optional.of(role(entry.getValue()));
                case "postgres_version" -> version = Optional.of(version(entry.getValue()));
                case "timeout" -> timeout = Optional.of(timeout(entry.getValue()));
                // Its presence is the condition, as older clients rely on.
                case "restart_pending" -> pendingOnly = true;
                default ->
                    throw new RefusedException(400, "Unknown filter for the scheduled restart: " + entry.getKey());
            }
        }
        return new Wish(at, new RestartFilters(role, version, pendingOnly), timeout);
    }

    private static Role role(Object value) {
        return Role.parse(Trees.text(value))
                .filter(role -> role == Role.PRIMARY || role == Role.STANDBY_LEADER || role == Role.REPLICA)
                .orElseThrow(() -> new RefusedException(
                        400, "PostgreSQL role should be either primary, standby_leader, or replica"));
    }

    private static int version(Object value) {
        String text = Trees.text(value);
        if (!text.strip().matches("[0-9]+(\\.[0-9]+){1,2}")) {
            throw new RefusedException(400, "Invalid PostgreSQL version format: X.Y or X.Y.Z is accepted: " + text);
        }
        return PostgresVersion.parse(text)
                .filter(number ->
                        number >= 100_000 ? text.chars().filter(c -> c == '.').count() == 1 : true)
                .orElseThrow(() -> new RefusedException(400, "Invalid PostgreSQL version: " + text));
    }

    private static int timeout(Object value) {
        OptionalLong seconds = ValueParser.integer(value, "s");
        if (seconds.isEmpty() || seconds.getAsLong() <= 0 || seconds.getAsLong() > Integer.MAX_VALUE) {
            throw new RefusedException(400, "Timeout should be a positive number of seconds");
        }
        return (int) seconds.getAsLong();
    }

    private Response schedule(Wish wish) {
        String started = agent.view()
                .map(AgentView::report)
                .filter(ServerReport.Answer.class::isInstance)
                .map(report -> ((ServerReport.Answer) report).startTime())
                .orElse("");
        var restart = new ScheduledRestart(wish.at().orElseThrow(), started, wish.filters(), wish.timeout());
        if (!agent.schedule(restart)) {
            return Answers.text(409, "Another restart is already scheduled");
        }
        // The turn publishes it with the member's key.
        agent.wake();
        return Answers.text(202, "Restart scheduled");
    }

    private Response now(Wish wish) {
        Optional<Duration> timeout = wish.timeout().map(Duration::ofSeconds);
        CompletableFuture<RequestBox.Answer> answer =
                agent.requests().ask(number -> new OperatorRequest.Restart(number, wish.filters(), timeout));
        Duration patience = timeout.orElse(live.effective().settings().primaryStartTimeout())
                .plus(ROOM);
        return answered(answer, patience, "postgres is still starting");
    }

    /** The loop's answer, or what is said if it gives none in time. */
    static Response answered(CompletableFuture<RequestBox.Answer> answer, Duration patience, String otherwise) {
        try {
            RequestBox.Answer given = answer.get(patience.toMillis(), TimeUnit.MILLISECONDS);
            return Answers.text(given.ok() ? 200 : 503, given.text());
        } catch (TimeoutException e) {
            return Answers.text(503, otherwise);
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Answers.text(503, otherwise);
        }
    }

    @DELETE
    public Response delete() {
        boolean was = agent.cancelSchedule();
        if (was) {
            agent.wake();
        }
        return was ? Answers.text(200, "scheduled restart deleted") : Answers.text(404, "no restarts are scheduled");
    }
}

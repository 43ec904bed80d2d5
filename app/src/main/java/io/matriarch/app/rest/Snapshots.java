package io.matriarch.app.rest;

import io.matriarch.app.config.DynamicSettings;
import io.matriarch.app.config.Json;
import io.matriarch.app.config.LiveConfig;
import io.matriarch.app.loop.AgentView;
import io.matriarch.app.version.Version;
import io.matriarch.domain.cluster.ScheduledRestart;
import io.matriarch.domain.ha.Promise;
import io.matriarch.domain.time.LeaseLadder;
import io.matriarch.domain.time.MonotonicTime;
import io.matriarch.ports.watchdog.Guard;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What requests are answered from: the last turn, and the document made of it, which is the same for all requests until
 * something in it changes. Only what must be true at the moment of the answer is asked anew each time.
 */
final class Snapshots {

    private final RestAgent agent;
    private final LiveConfig live;
    private volatile Optional<Made> made = Optional.empty();

    /** What a document depends on. */
    private record Inputs(
            Optional<AgentView> view,
            LiveConfig.State config,
            Optional<ScheduledRestart> restart,
            boolean viewed,
            boolean failsafe) {

        /** By identity where the content is large and never changes in place. */
        boolean same(Inputs other) {
            return view.orElse(null) == other.view.orElse(null)
                    && config == other.config
                    && viewed == other.viewed
                    && failsafe == other.failsafe
                    && restart.equals(other.restart);
        }
    }

    private record Made(Inputs inputs, Standing standing, byte[] document) {}

    /** The state of one moment. */
    record Moment(
            Optional<AgentView> view,
            Standing standing,
            boolean locked,
            boolean viewed,
            boolean failsafe,
            byte[] document) {

        HealthCheck check() {
            return new HealthCheck(standing, locked, viewed);
        }

        boolean unlocked() {
            return Snapshots.unlocked(standing, viewed);
        }
    }

    Snapshots(RestAgent agent, LiveConfig live) {
        this.agent = agent;
        this.live = live;
    }

    Moment now() {
        Optional<AgentView> view = agent.view();
        boolean viewed = view.filter(seen -> seen.lastRead()
                        .filter(read ->
                                !read.keys().isEmpty() || !read.members().isEmpty())
                        .isPresent())
                .filter(this::isYoung)
                .isPresent();
        boolean failsafe = agent.promises().active() || agent.isHeldByConsent();
        Inputs inputs = new Inputs(view, live.state(), agent.scheduledRestart(), viewed, failsafe);
        Made current = made.filter(one -> one.inputs().same(inputs)).orElseGet(() -> make(inputs));
        return new Moment(view, current.standing(), agent.isLeader(), viewed, inputs.failsafe(), current.document());
    }

    private boolean isYoung(AgentView view) {
        MonotonicTime now = agent.clock().now();
        return now.since(view.endedAt()).compareTo(view.observation().settings().ttl()) < 0;
    }

    private Made make(Inputs inputs) {
        DynamicSettings settings = inputs.config().effective().settings();
        Standing standing = inputs.view()
                .map(view -> Standing.of(view, settings))
                .orElseGet(
                        () -> Standing.before(settings, inputs.config().agent().tags()));
        Map<String, Object> document = StatusDocument.of(
                standing,
                inputs.view(),
                inputs.config().agent(),
                inputs.restart(),
                unlocked(standing, inputs.viewed()),
                inputs.failsafe());
        Made next = new Made(inputs, standing, Json.spaced(document).getBytes(StandardCharsets.US_ASCII));
        made = Optional.of(next);
        return next;
    }

    private static boolean unlocked(Standing standing, boolean viewed) {
        return !viewed || standing.cluster().filter(read -> read.isLocked()).isEmpty();
    }

    /** What counts as our vote in a race (SAF-050). */
    private static Map<String, Object> promise(Promise.Given given) {
        Map<String, Object> promise = new LinkedHashMap<>();
        promise.put("epoch", given.epoch());
        promise.put("timeline", Integer.toUnsignedLong(given.timeline().value()));
        promise.put("position", given.position().value());
        return promise;
    }

    private static Map<String, Object> report(Guard.Report guard) {
        Map<String, Object> report = new LinkedHashMap<>();
        report.put("fences", guard.fences());
        report.put("killed", guard.killed());
        report.put("refused", guard.refused());
        report.put("traits", guard.traits());
        return report;
    }

    /** How long until each rung, should no renewal come (SAF-040). */
    private Map<String, Object> ladder(AgentView view, MonotonicTime deadline) {
        LeaseLadder ladder = LeaseLadder.of(view.observation().settings().ttl());
        Map<String, Object> rungs = new LinkedHashMap<>();
        rungs.put("fast", left(ladder.cleanStopAt(deadline)));
        rungs.put("immediate", left(ladder.immediateAt(deadline)));
        rungs.put("kill", left(ladder.killAt(deadline)));
        return rungs;
    }

    private long left(MonotonicTime moment) {
        return Math.max(0, agent.clock().now().until(moment).toMillis());
    }

    /** {@code GET /patroni}: the document, and after its keys one that only we have. */
    byte[] status() {
        Moment now = now();
        Map<String, Object> own = new LinkedHashMap<>();
        own.put("version", Version.own());
        Guard.Report guard = agent.guard();
        own.put("guard", guard.state().name());
        if (guard.state() != Guard.GuardState.ABSENT) {
            own.put("guard_report", report(guard));
        }
        agent.lease().ifPresent(lease -> {
            own.put("lease_deadline_ms", left(lease.deadline()));
            now.view().ifPresent(view -> own.put("ladder_ms", ladder(view, lease.deadline())));
        });
        now.view().ifPresent(view -> own.put("reason", view.reason().name()));
        now.view()
                .flatMap(view -> view.state().sync().promise())
                .ifPresent(promise -> own.put("promise", promise(promise)));
        own.put("pid", ProcessHandle.current().pid());
        byte[] document = now.document();
        String start = new String(document, 0, document.length - 1, StandardCharsets.US_ASCII);
        return (start + ", \"matriarch\": " + Json.spaced(own) + "}").getBytes(StandardCharsets.US_ASCII);
    }
}

package io.matriarch.app.rest;

import io.matriarch.app.config.LiveConfig;
import io.matriarch.app.store.ClusterCodec;
import io.matriarch.domain.cluster.ClusterView;
import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.cluster.SwitchoverRequest;
import io.matriarch.ports.dcs.Change;
import io.matriarch.ports.dcs.DcsUnavailableException;
import io.matriarch.ports.dcs.StoreKey;
import io.matriarch.ports.dcs.StoreSnapshot;
import io.matriarch.ports.dcs.WriteResult;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.core.Response;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A planned change of the leader, or a failover by hand. Any member takes the request and waits for what becomes of it. */
@Path("/{action: switchover|failover}")
public final class SwitchoverResource {

    private static final Logger log = LoggerFactory.getLogger(SwitchoverResource.class);
    private static final Duration PEER_PATIENCE = Duration.ofSeconds(2);
    private static final Duration LOOK_EVERY = Duration.ofMillis(100);

    private final RestAgent agent;
    private final LiveConfig live;
    private final StoreReader store;

    SwitchoverResource(RestAgent agent, LiveConfig live, StoreReader store) {
        this.agent = agent;
        this.live = live;
        this.store = store;
    }

    @POST
    public Response post(@PathParam("action") String asked, byte[] body) {
        Map<String, Object> document = Answers.required(body);
        log.info("received {} request from an operator", asked);
        StoreSnapshot read = store.load();
        ClusterView cluster = ClusterCodec.decode(read);
        var check = new SwitchoverCheck(
                cluster,
                store.settings(read),
                agent.clock().wallClock(),
                members -> agent.peers().poll(members, Optional.empty(), PEER_PATIENCE));
        SwitchoverCheck.Accepted accepted = check.check(asked, document);
        if (!accepted.action().equals(asked)) {
            log.warn("a failover with a leader given is carried out as a switchover");
        }
        SwitchoverRequest request = accepted.request();
        Change change = Change.NONE.put(StoreKey.FAILOVER, ClusterCodec.encodeFailover(request));
        if (!(agent.dcs().write(Optional.empty(), change) instanceof WriteResult.Done)) {
            return Answers.text(503, "failed to write failover key into DCS");
        }
        agent.wake();
        return request.scheduledAt().isPresent()
                ? Answers.text(202, "Switchover scheduled")
                : result(accepted, cluster.leaderName());
    }

    /** Looks at once after every hint of the store, and now and then without one. */
    private Response result(SwitchoverCheck.Accepted accepted, Optional<MemberName> before) {
        long seconds = 2 * Math.max(10, live.effective().timings().loopWait().toSeconds());
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
        var hints = new Semaphore(0);
        AutoCloseable watch = agent.dcs().watch(hints::release);
        try {
            while (System.nanoTime() < deadline) {
                if (!hints.tryAcquire(LOOK_EVERY.toMillis(), TimeUnit.MILLISECONDS)) {
                    log.trace("no hint yet");
                }
                hints.drainPermits();
                Optional<Response> outcome = look(accepted, before);
                if (outcome.isPresent()) {
                    return outcome.get();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            end(watch);
        }
        return Answers.text(
                503,
                title(accepted.action()) + " status unknown after " + seconds
                        + " seconds; operation may still be in progress");
    }

    private static void end(AutoCloseable watch) {
        try {
            watch.close();
        } catch (Exception e) {
            log.debug("ending a watch: {}", e.toString());
        }
    }

    private Optional<Response> look(SwitchoverCheck.Accepted accepted, Optional<MemberName> before) {
        ClusterView now;
        try {
            now = ClusterCodec.decode(agent.dcs().load());
        } catch (DcsUnavailableException e) {
            // While the leader changes, the store may lose its own one too.
            return Optional.empty();
        }
        Optional<MemberName> leader = now.leaderName();
        if (leader.isPresent() && !leader.equals(before)) {
            return Optional.of(Answers.text(200, success(accepted, leader.get())));
        }
        // A lock that nobody holds at the moment may still go to the candidate.
        boolean over = now.request().isEmpty() && leader.isPresent();
        return over ? Optional.of(Answers.text(503, title(accepted.action()) + " failed")) : Optional.empty();
    }

    private static String success(SwitchoverCheck.Accepted accepted, MemberName leader) {
        String done = accepted.action().equals("failover") ? "failed over" : "switched over";
        Optional<MemberName> candidate = accepted.request().candidate();
        if (candidate.isEmpty() || candidate.get().equals(leader)) {
            return "Successfully " + done + " to \"" + leader + "\"";
        }
        return Character.toUpperCase(done.charAt(0)) + done.substring(1) + " to \"" + leader + "\" instead of \""
                + candidate.get() + "\"";
    }

    private static String title(String action) {
        return action.equals("failover") ? "Failover" : "Switchover";
    }

    @DELETE
    public Response delete() {
        StoreSnapshot read = store.load();
        boolean scheduled = ClusterCodec.decode(read)
                .request()
                .filter(request -> request.scheduledAt().isPresent())
                .isPresent();
        if (!scheduled) {
            return Answers.text(404, "no switchover is scheduled");
        }
        Change change = Change.NONE
                .when(StoreKey.FAILOVER, read.revision(StoreKey.FAILOVER))
                .put(StoreKey.FAILOVER, ClusterCodec.NO_REQUEST);
        return agent.dcs().write(Optional.empty(), change) instanceof WriteResult.Done
                ? Answers.text(200, "scheduled switchover deleted")
                : Answers.text(409, "the scheduled switchover has been changed meanwhile");
    }
}

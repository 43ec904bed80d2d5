package io.matriarch.adapters.consul;

import io.matriarch.adapters.consul.ConsulConnection.Transaction;
import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.cluster.Revision;
import io.matriarch.ports.dcs.WriteResult;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Optional;
import org.kiwiproject.consul.model.kv.Operation;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A member's own key and the session it lives by: one as long as its length stays, a new one when it has ended. */
final class ConsulMemberKey {

    private static final Logger log = LoggerFactory.getLogger(ConsulMemberKey.class);

    private final ConsulConnection connection;
    private final ConsulSessions sessions;
    private final ConsulKeys keys;
    private Optional<ConsulSession> held = Optional.empty();

    ConsulMemberKey(ConsulConnection connection, ConsulSessions sessions, ConsulKeys keys) {
        this.connection = connection;
        this.sessions = sessions;
        this.keys = keys;
    }

    synchronized WriteResult publish(MemberName self, String value, Duration ttl, Budget budget) {
        var former = held;
        var result = put(self, value, session(ttl, budget), budget);
        if (result instanceof WriteResult.Refused(var why) && ConsulFailures.isSessionGone(why)) {
            // It ended between the two calls; Consul refused the write, so that a second one is no repetition.
            log.warn("Our session disappeared from Consul. Will try to get a new one and retry attempt");
            held = Optional.empty();
            result = put(self, value, session(ttl, budget), budget);
        }
        // Only now: a session takes the keys that live by it with it.
        if (result instanceof WriteResult.Done) {
            former.filter(session -> !held.equals(Optional.of(session)))
                    .ifPresent(session -> sessions.end(session.id()));
        }
        return result;
    }

    private String session(Duration ttl, Budget budget) {
        boolean living = held.isPresent()
                && held.get().ttl().equals(sessions.effective(ttl))
                && sessions.renew(held.get().id(), budget).isPresent();
        if (!living) {
            held = Optional.of(sessions.create(ttl, budget));
        }
        return held.orElseThrow().id();
    }

    /** Writes only what is not there yet (DCS-037): a key that is the same costs Consul's log nothing. */
    private WriteResult put(MemberName self, String value, String session, Budget budget) {
        var key = keys.member(self);
        var found = connection.get(key, budget);
        boolean ours = found.flatMap(entry -> entry.getSession()).equals(Optional.of(session));
        if (ours
                && found.get()
                        .getValueAsString(StandardCharsets.UTF_8)
                        .orElse("")
                        .equals(value)) {
            return new WriteResult.Done(new Revision(found.get().getModifyIndex()));
        }
        var operations = new ArrayList<Operation>();
        if (found.isPresent() && !ours) {
            // A key cannot change its session: it ends and begins anew in one transaction (DCS-063).
            operations.add(ConsulRequests.delete(key));
        }
        operations.add(ConsulRequests.lock(key, value, session));
        return switch (connection.transact(operations, budget)) {
            case Transaction.Applied(var indexes) -> new WriteResult.Done(new Revision(indexes.get(key)));
            case Transaction.Refused(var why) -> new WriteResult.Refused(why);
        };
    }
}

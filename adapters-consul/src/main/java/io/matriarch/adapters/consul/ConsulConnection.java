package io.matriarch.adapters.consul;

import com.google.common.net.HostAndPort;
import java.math.BigInteger;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import okhttp3.ConnectionPool;
import org.kiwiproject.consul.Consul;
import org.kiwiproject.consul.ConsulException;
import org.kiwiproject.consul.model.kv.Operation;
import org.kiwiproject.consul.model.kv.Value;
import org.kiwiproject.consul.option.ConsistencyMode;
import org.kiwiproject.consul.option.ImmutableQueryOptions;
import org.kiwiproject.consul.option.ImmutableTransactionOptions;
import org.kiwiproject.consul.option.QueryOptions;

/**
 * Calls of one Consul agent. Each is sent once and ends with its budget; all throw {@link ConsulException}.
 *
 * <p>Each call has a connection of its own: the agent is on this machine as a rule, and a connection that was kept may
 * be dead, which would cost the call that finds out.
 */
final class ConsulConnection implements AutoCloseable {

    private final Consul consul;
    private final Optional<String> datacenter;
    private final ScheduledThreadPoolExecutor ends;
    private volatile boolean closed;

    ConsulConnection(ConsulSettings settings, Optional<ConsulTls> tls) {
        var builder = Consul.builder()
                .withUrl(settings.url())
                .withConnectionPool(new ConnectionPool(0, 1, TimeUnit.SECONDS))
                .withConsulFailoverInterceptor(new ConsulOnce(HostAndPort.fromParts(settings.host(), settings.port())));
        settings.token().ifPresent(token -> builder.withTokenAuth(token.reveal()));
        tls.ifPresent(context -> {
            builder.withSslContext(context.context()).withTrustManager(context.trust());
            if (!context.verify()) {
                builder.withHostnameVerifier((_, _) -> true);
            }
        });
        this.consul = builder.build();
        this.datacenter = settings.datacenter();
        this.ends = new ScheduledThreadPoolExecutor(
                1, Thread.ofPlatform().daemon().name("consul timeouts").factory());
        ends.setRemoveOnCancelPolicy(true);
        ends.setExecuteExistingDelayedTasksAfterShutdownPolicy(true);
    }

    /** Of a transaction that was applied: the modify index of each key that is in its answer. */
    sealed interface Transaction {
        record Applied(Map<String, Long> indexes) implements Transaction {}

        record Refused(String why) implements Transaction {}
    }

    /** The key as a majority has it. */
    Optional<Value> get(String key, Budget budget) {
        return call(budget, client -> client.keyValueClient().getValue(key, consistent()));
    }

    /** Everything below the prefix as a majority has it. */
    List<Value> list(String prefix, Budget budget) {
        return call(budget, client -> client.keyValueClient().getValues(prefix, consistent()));
    }

    /** Everything below a prefix, and the index to wait behind for the next change. */
    record Listing(List<Value> values, BigInteger index) {}

    /** Everything below the prefix once something has a later index, or nothing has after so many seconds. */
    Listing follow(String prefix, BigInteger index, int seconds, ConsulAttempt attempt) {
        var options = ImmutableQueryOptions.builder()
                .datacenter(datacenter)
                .index(index)
                .wait(seconds + "s")
                .build();
        var answer = call(attempt, client -> client.keyValueClient().getConsulResponseWithValues(prefix, options));
        // The client has no list at all where there are no keys.
        return new Listing(Optional.ofNullable(answer.getResponse()).orElse(List.of()), answer.getIndex());
    }

    /** A transaction that is applied as a whole or not at all; one that only reads is answered by a majority too. */
    Transaction transact(List<Operation> operations, Budget budget) {
        var options = ImmutableTransactionOptions.builder()
                .datacenter(datacenter)
                .consistencyMode(ConsistencyMode.CONSISTENT)
                .build();
        try {
            var answer = call(
                    budget,
                    client ->
                            client.keyValueClient().performTransaction(options, operations.toArray(Operation[]::new)));
            var indexes = new HashMap<String, Long>();
            answer.getResponse()
                    .results()
                    .forEach(result ->
                            result.values().forEach(value -> indexes.put(value.getKey(), value.getModifyIndex())));
            return new Transaction.Applied(indexes);
        } catch (ConsulException e) {
            if (ConsulFailures.isNotApplied(e)) {
                return new Transaction.Refused(ConsulFailures.text(e));
            }
            throw e;
        }
    }

    Optional<String> datacenter() {
        return datacenter;
    }

    <T> T call(Budget budget, Function<Consul, T> request) {
        return call(new ConsulAttempt(budget), request);
    }

    private <T> T call(ConsulAttempt attempt, Function<Consul, T> request) {
        if (closed) {
            throw new ConsulException("the client is closed");
        }
        if (attempt.budget().isSpent()) {
            throw new ConsulException("no time left");
        }
        var end = endOf(attempt);
        try {
            return ScopedValue.where(ConsulOnce.ATTEMPT, attempt).call(() -> request.apply(consul));
        } finally {
            end.cancel(false);
        }
    }

    /** The timeouts of the single reads and writes do not bound a call whose answer comes in drops. */
    private Future<?> endOf(ConsulAttempt attempt) {
        try {
            return ends.schedule(attempt::cancel, attempt.budget().left().toNanos(), TimeUnit.NANOSECONDS);
        } catch (RejectedExecutionException e) {
            throw new ConsulException("the client is closed", e);
        }
    }

    @Override
    public void close() {
        closed = true;
        ends.shutdown();
        consul.destroy();
    }

    private QueryOptions consistent() {
        return ImmutableQueryOptions.builder()
                .datacenter(datacenter)
                .consistencyMode(ConsistencyMode.CONSISTENT)
                .build();
    }
}

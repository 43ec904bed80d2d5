package io.matriarch.adapters.consul;

import io.matriarch.adapters.consul.ConsulServiceEntry.Step;
import io.matriarch.domain.cluster.MemberName;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Supplier;
import org.kiwiproject.consul.ConsulException;
import org.kiwiproject.consul.model.agent.ImmutableRegistration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps this member's entry in Consul's catalog as its own document says, on a thread beside the one that publishes:
 * what load balancers ask must not cost the loop its time. What fails is tried again with the next document.
 */
final class ConsulService {

    private static final Logger log = LoggerFactory.getLogger(ConsulService.class);

    private final ConsulConnection connection;
    private final String scope;
    private final Supplier<ConsulServiceOptions> options;
    private Optional<Step> wanted = Optional.empty();
    /** What Consul has said yes to last. */
    private Optional<Step> done = Optional.empty();

    private Optional<Thread> worker = Optional.empty();

    /**
     * @param options as they stand at the moment: some may change while the member runs
     */
    ConsulService(ConsulConnection connection, String scope, Supplier<ConsulServiceOptions> options) {
        this.connection = connection;
        this.scope = scope;
        this.options = options;
        if (options.get().register() && !ConsulServiceEntry.name(scope).equals(scope)) {
            log.warn("the service of scope {} is called {} in Consul", scope, ConsulServiceEntry.name(scope));
        }
    }

    /** The member has shown itself. Returns at once. */
    void published(MemberName self, String document, Duration sessionTtl, Duration bound) {
        var next = ConsulServiceEntry.step(scope, self, document, options.get(), sessionTtl);
        if (next.isPresent()) {
            want(next.get(), bound);
        }
    }

    private synchronized void want(Step step, Duration bound) {
        boolean never = done.isEmpty() && wanted.isEmpty();
        if (never && step instanceof Step.Deregister && !options.get().register()) {
            // Nothing was registered and nothing is to be: Consul need not be asked.
            return;
        }
        wanted = Optional.of(step);
        if (worker.isEmpty() && !wanted.equals(done)) {
            worker = Optional.of(Thread.ofVirtual().name("consul service").start(() -> work(bound)));
        }
    }

    private void work(Duration bound) {
        for (var step = next(); step.isPresent(); step = next()) {
            boolean agreed = carryOut(step.get(), Budget.of(bound));
            if (!ended(step.get(), agreed)) {
                return;
            }
        }
    }

    private synchronized Optional<Step> next() {
        if (wanted.equals(done)) {
            worker = Optional.empty();
            return Optional.empty();
        }
        return wanted;
    }

    /** Whether to go on; after a failure the next document comes first. */
    private synchronized boolean ended(Step step, boolean agreed) {
        done = agreed ? Optional.of(step) : Optional.empty();
        if (!agreed) {
            worker = Optional.empty();
        }
        return agreed;
    }

    private boolean carryOut(Step step, Budget budget) {
        try {
            switch (step) {
                case Step.Register(ConsulServiceEntry entry) -> {
                    register(entry, budget);
                    log.info(
                            "registered service {} at {}:{} with {}",
                            entry.id(),
                            entry.address(),
                            entry.port(),
                            entry.tags());
                }
                case Step.Deregister(String id) -> {
                    deregister(id, budget);
                    log.info("deregistered service {}", id);
                }
            }
            return true;
        } catch (ConsulException e) {
            log.warn("the service in Consul is not as it should be: {}", ConsulFailures.text(e));
            return false;
        }
    }

    private void register(ConsulServiceEntry entry, Budget budget) {
        var registration = ImmutableRegistration.builder()
                .id(entry.id())
                .name(entry.name())
                .address(entry.address())
                .port(entry.port())
                .tags(entry.tags())
                .enableTagOverride(true)
                .check(new ConsulHttpCheck(entry))
                .build();
        connection.call(budget, client -> {
            client.agentClient().register(registration);
            return true;
        });
    }

    private void deregister(String id, Budget budget) {
        try {
            connection.call(budget, client -> {
                client.agentClient().deregister(id);
                return true;
            });
        } catch (ConsulException e) {
            // Older servers have no code of their own for what they do not know.
            if (!ConsulFailures.isNotFound(e) && !e.getMessage().contains("Unknown service")) {
                throw e;
            }
        }
    }

    /** Waits until Consul knows what was wanted last, at most this long. */
    void await(Duration bound) {
        Optional<Thread> last;
        synchronized (this) {
            last = worker;
        }
        if (last.isPresent()) {
            try {
                last.get().join(bound);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}

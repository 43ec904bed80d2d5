package io.matriarch.simulation;

import io.matriarch.app.config.Json;
import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.cluster.RestartFilters;
import io.matriarch.domain.ha.OperatorRequest;
import io.matriarch.ports.dcs.Change;
import io.matriarch.ports.dcs.Dcs;
import io.matriarch.ports.dcs.DcsUnavailableException;
import io.matriarch.ports.dcs.StoreKey;
import io.matriarch.ports.dcs.StoreSnapshot;
import io.matriarch.ports.dcs.WriteResult;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** People at the command line. Each call is a process of its own that may fail, as any. */
final class Operators {

    private static final MemberName NAME = new MemberName("operator");

    private final Simulation simulation;
    private final World world;
    private final SimClock clock;

    Operators(Simulation simulation) {
        this.simulation = simulation;
        this.world = simulation.world();
        this.clock = new SimClock(world);
    }

    private void at(Fault fault, Consumer<Dcs> work) {
        Dcs client = simulation.store().open(NAME, clock);
        world.scheduler.spawn("operator", () -> {
            work.accept(client);
            client.close();
        });
    }

    private static void effect(Fault fault, WriteResult result) {
        if (result instanceof WriteResult.Done) {
            fault.hadEffect();
        }
    }

    /** {@code switchover} with a leader, {@code failover} without. */
    void request(Fault fault, Optional<MemberName> leader, Optional<MemberName> candidate, Optional<Duration> in) {
        Map<String, Object> fields = new LinkedHashMap<>();
        leader.ifPresent(name -> fields.put("leader", name.value()));
        candidate.ifPresent(name -> fields.put("member", name.value()));
        in.ifPresent(delay ->
                fields.put("scheduled_at", clock.wallClock().plus(delay).toString()));
        world.say("world", "somebody asks for " + fields);
        at(fault, dcs -> {
            try {
                StoreSnapshot read = dcs.load();
                effect(
                        fault,
                        dcs.write(
                                Optional.empty(),
                                Change.NONE
                                        .when(StoreKey.FAILOVER, read.revision(StoreKey.FAILOVER))
                                        .put(StoreKey.FAILOVER, Json.compact(fields))));
            } catch (DcsUnavailableException e) {
                world.say("world", "the request cannot be made");
            }
        });
    }

    /** {@code edit-config}, {@code pause}, {@code resume}; tried again until it is done. */
    void configure(Fault fault, Consumer<Map<String, Object>> edit, Runnable done) {
        at(fault, dcs -> {
            boolean written = false;
            while (!written) {
                try {
                    StoreSnapshot read = dcs.load();
                    Map<String, Object> fields = new LinkedHashMap<>(read.get(StoreKey.CONFIG)
                            .flatMap(value -> Json.object(value.text()))
                            .orElse(Map.of()));
                    boolean known = fields.containsKey("ttl");
                    edit.accept(fields);
                    written = known
                            && dcs.write(
                                            Optional.empty(),
                                            Change.NONE
                                                    .when(StoreKey.CONFIG, read.revision(StoreKey.CONFIG))
                                                    .put(StoreKey.CONFIG, Json.compact(fields)))
                                    instanceof WriteResult.Done;
                    world.say("world", "configuration " + fields + (written ? "" : " is not written"));
                } catch (DcsUnavailableException e) {
                    world.say("world", "the configuration cannot be read");
                }
                if (!written) {
                    world.scheduler.sleep(Duration.ofSeconds(2));
                }
            }
            done.run();
        });
    }

    /** Somebody deletes a key by hand. */
    void delete(Fault fault, StoreKey key) {
        world.say("world", "somebody deletes the key " + key.path());
        at(fault, dcs -> effect(fault, dcs.write(Optional.empty(), Change.NONE.delete(key))));
    }

    void restart(Fault fault, SimHost host) {
        world.say("world", "somebody restarts " + host.name);
        simulation.invariants().pause().asked(host.name);
        host.agent()
                .filter(SimAgent::answers)
                .ifPresent(agent -> agent.requests()
                        .ask(number -> new OperatorRequest.Restart(number, RestartFilters.NONE, Optional.empty()))
                        .thenAccept(answer -> fault.hadEffect()));
    }

    void reinitialize(Fault fault, SimHost host, boolean force) {
        world.say("world", "somebody reinitializes " + host.name);
        simulation.invariants().pause().asked(host.name);
        host.agent()
                .filter(SimAgent::answers)
                .ifPresent(agent -> agent.requests()
                        .ask(number -> new OperatorRequest.Reinitialize(number, force, false))
                        .thenAccept(answer -> fault.hadEffect()));
    }
}

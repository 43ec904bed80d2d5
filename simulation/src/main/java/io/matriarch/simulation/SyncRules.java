package io.matriarch.simulation;

import io.matriarch.app.loop.AgentView;
import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.cluster.SyncState;
import io.matriarch.domain.ha.Reason;
import io.matriarch.domain.settings.SyncSettings;
import java.util.SortedMap;
import java.util.TreeMap;

/** What the registers of the synchronous modes have to do with each other, and strict mode with commits (S-9, S-10). */
final class SyncRules {

    private final Simulation simulation;
    private final World world;
    private final boolean on;
    private final boolean priority;

    /** Servers under which strict mode has come into force, by their incarnation. */
    private final SortedMap<MemberName, Long> strict = new TreeMap<>();

    SyncRules(Simulation simulation) {
        this.simulation = simulation;
        this.world = simulation.world();
        SyncSettings.Mode mode = simulation.scenario().sync();
        this.on = mode != SyncSettings.Mode.OFF;
        this.priority = mode == SyncSettings.Mode.PRIORITY;
    }

    private Simulation.Violation broken(String what) {
        return new Simulation.Violation(world.now(), what);
    }

    /** The register has changed. */
    void registered(SyncState register) {
        if (priority && register.leader().isPresent()) {
            SimHost host = simulation.host(register.leader().get());
            if (host != null) {
                check(host.server, register);
            }
        }
    }

    /** Other names stand in the server's file, or it shows them. */
    void loaded(SimServer server) {
        SyncState register = simulation.invariants().cluster().sync();
        if (priority && register.leader().filter(server.name()::equals).isPresent()) {
            check(server, register);
        }
    }

    /** Each voter alone may be elected, so every commit has to wait for all of them. */
    private void check(SimServer server, SyncState register) {
        if (!server.isWritable()) {
            return;
        }
        for (MemberName voter : register.voters()) {
            if (!server.commits().waitsFor(voter)) {
                throw broken("S-9: /sync lists " + voter + ", and commits on " + server.name()
                        + " need not wait for it: '" + server.commits().configured() + "', shown '"
                        + server.commits().shown() + "'");
            }
        }
    }

    /** From the first turn on in which the leader has set names, no commit is confirmed by nobody. */
    void turned(SimHost host, AgentView view) {
        if (!on) {
            return;
        }
        if (!isStrict(host) || !host.server.isWritable()) {
            strict.remove(host.name);
        } else if (view.reason() == Reason.LEADER_WITH_LOCK
                && host.server.commits().isInForce()) {
            strict.put(host.name, host.server.incarnation());
        }
    }

    private boolean isStrict(SimHost host) {
        SyncSettings sync = simulation.settings(host).sync();
        return sync.isOn() && sync.strict();
    }

    /** A client is told that its commit is safe. */
    void acknowledges(SimServer server, WalNode node) {
        if (!on || !Long.valueOf(server.incarnation()).equals(strict.get(server.name()))) {
            return;
        }
        SimHost host = simulation.host(server.name());
        boolean changing = host.agent().isPresent() && !isStrict(host);
        if (!changing && server.senders().stream().noneMatch(sender -> sender.flushed().end >= node.end)) {
            throw broken("S-10: " + server.name() + " acknowledges transaction " + node.transaction
                    + " in strict mode, and no standby has it");
        }
    }
}

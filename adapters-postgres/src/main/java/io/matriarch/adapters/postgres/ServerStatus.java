package io.matriarch.adapters.postgres;

import io.matriarch.domain.cluster.Role;
import io.matriarch.domain.postgres.PostgresView.PendingParameter;
import io.matriarch.domain.postgres.ServerState;
import io.matriarch.domain.postgres.Upstream;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** What the agent itself knows of its server: the state and role it publishes (spec/postgres.md §23). */
final class ServerStatus {

    private ServerState state = ServerState.STOPPED;
    private Role role = Role.UNINITIALIZED;
    private Optional<Upstream> upstream = Optional.empty();
    private List<PendingParameter> pendingRestart = List.of();
    private Optional<String> pendingCallback = Optional.empty();
    private boolean startAwaited;
    private long couldWriteAt = System.nanoTime();

    synchronized ServerState state() {
        return state;
    }

    synchronized void state(ServerState next) {
        state = next;
    }

    /** Unless somebody else has set another one meanwhile. */
    synchronized void replace(ServerState expected, ServerState next) {
        if (state == expected) {
            state = next;
        }
    }

    synchronized Role role() {
        return role;
    }

    synchronized void role(Role next) {
        role = next;
    }

    synchronized Optional<Upstream> upstream() {
        return upstream;
    }

    synchronized void upstream(Optional<Upstream> next) {
        upstream = next;
    }

    synchronized List<PendingParameter> pendingRestart() {
        return pendingRestart;
    }

    synchronized void pendingRestart(List<PendingParameter> next) {
        pendingRestart = List.copyOf(next);
    }

    /** Whether somebody waits for a start: until then what happens to the postmaster is that one's to tell. */
    synchronized boolean isStartAwaited() {
        return startAwaited;
    }

    synchronized void startAwaited(boolean awaited) {
        startAwaited = awaited;
    }

    /** The server has just shown that it can write, or is not one that writes. */
    synchronized void canWrite() {
        couldWriteAt = System.nanoTime();
    }

    /** Since when it has not. */
    synchronized Duration notWritten() {
        return Duration.ofNanos(System.nanoTime() - couldWriteAt);
    }

    /** Which callback is due once the server accepts connections. */
    synchronized void pendingCallback(String action) {
        pendingCallback = Optional.of(action);
    }

    synchronized Optional<String> takePendingCallback() {
        Optional<String> taken = pendingCallback;
        pendingCallback = Optional.empty();
        return taken;
    }
}

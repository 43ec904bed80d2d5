package io.matriarch.adapters.consul;

import java.util.ArrayList;
import java.util.List;
import okhttp3.Call;

/** One call of Consul's client and its end: the client has timeouts of its instance only, and no way to stop a call. */
final class ConsulAttempt {

    private final Budget budget;
    private final List<Call> calls = new ArrayList<>();
    private boolean cancelled;

    ConsulAttempt(Budget budget) {
        this.budget = budget;
    }

    Budget budget() {
        return budget;
    }

    synchronized void started(Call call) {
        calls.add(call);
        if (cancelled) {
            call.cancel();
        }
    }

    synchronized void cancel() {
        cancelled = true;
        calls.forEach(Call::cancel);
    }
}

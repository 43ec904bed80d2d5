package io.matriarch.adapters.raft.lease;

import java.util.List;
import java.util.Set;

/**
 * What applying a command did, for those around the table.
 *
 * @param leases what happened to leases, in order
 * @param woken scopes in which something changed that a turn should look at
 */
public record Effect(Outcome outcome, List<LeaseEvent> leases, Set<String> woken) {

    public Effect {
        leases = List.copyOf(leases);
        woken = Set.copyOf(woken);
    }

    /** A lease began, went on or ended. */
    public sealed interface LeaseEvent {
        String leaseId();
    }

    /** Granted or renewed by the entry with this index. */
    public record Counted(String leaseId, long seq) implements LeaseEvent {}

    /** It is over, for good. */
    public record Ended(String leaseId) implements LeaseEvent {}
}

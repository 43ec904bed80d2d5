package io.matriarch.adapters.raft.message;

import io.matriarch.adapters.raft.lease.RaftCommand;
import java.time.Duration;
import java.util.List;

/** A question to a member's Raft port. */
public sealed interface StoreRequest {

    /**
     * Put the command into the log and say what became of it.
     *
     * @param within how long the asker will listen, counted by the asked from when it received this
     * @param forward whether a member that does not lead may pass it on to the one that does
     */
    record Propose(RaftCommand command, Duration within, boolean forward) implements StoreRequest {}

    /**
     * Every key whose path starts like this, read linearizably.
     *
     * @param forward whether a member that does not lead may ask the one that does
     */
    record Read(String prefix, Duration within, boolean forward) implements StoreRequest {}

    /** A number that changes when something below the scope changes that a turn should look at. Not linearizable. */
    record Print(String scope) implements StoreRequest {}

    /**
     * What the member knows of itself.
     *
     * @param others whether it asks the other voters as well
     */
    record Status(boolean others) implements StoreRequest {}

    /**
     * A change of the group.
     *
     * @param address of the voter, {@code host:port}
     */
    record Reconfigure(Verb verb, String address, Duration within, boolean forward) implements StoreRequest {}

    /**
     * Go on alone with the asked member's copy, as a store with another identity (SAF-019).
     *
     * @param clusterId the new identity
     * @param dead voters that never come back, all that do not answer
     */
    record Recover(String clusterId, List<String> dead, Duration within) implements StoreRequest {
        public Recover {
            dead = List.copyOf(dead);
        }
    }

    /** Belong to the store that goes on under another identity; its leader adds this member as a voter then. */
    record Follow(String former, String clusterId) implements StoreRequest {}

    /** The changes of a group; the numbers travel. */
    enum Verb {
        ADD,
        REMOVE,
        TRANSFER,
        SNAPSHOT
    }
}

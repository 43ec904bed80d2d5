package io.matriarch.adapters.raft.rpc;

/** What the process at an end of a connection is. */
public enum PeerRole {
    /** A member of the Raft group (a voter or a learner). */
    VOTER(1),
    /** The command line, or an agent without a vote. */
    CLIENT(2);

    private final int number;

    PeerRole(int number) {
        this.number = number;
    }

    int number() {
        return number;
    }

    static PeerRole of(int number) throws WireException {
        for (PeerRole role : values()) {
            if (role.number == number) {
                return role;
            }
        }
        throw new WireException("unknown role " + number);
    }
}

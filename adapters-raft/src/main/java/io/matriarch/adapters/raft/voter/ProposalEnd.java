package io.matriarch.adapters.raft.voter;

import io.matriarch.adapters.raft.lease.Outcome;

/** How a command of this process ended on its way through the log. */
public sealed interface ProposalEnd {

    /** It was committed and applied. */
    record Applied(Outcome outcome) implements ProposalEnd {}

    /** It never became an entry: it was refused at the door. */
    record NotTaken(String why) implements ProposalEnd {}

    /** It may have become an entry, and others may commit it. */
    record Uncertain(String why) implements ProposalEnd {}
}

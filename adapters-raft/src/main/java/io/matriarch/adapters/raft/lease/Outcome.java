package io.matriarch.adapters.raft.lease;

/** What became of a command that was applied. */
public sealed interface Outcome {

    /**
     * It changed what it was to change.
     *
     * @param revision what the keys written by it have from now on: the log index of its entry, or an earlier one where a
     *     member's key has the same value as before
     * @param nonce the one of a {@link RaftCommand.Renew}, else 0
     */
    record Applied(long revision, long nonce) implements Outcome {}

    /** It changed nothing. */
    record Refused(String why) implements Outcome {}
}

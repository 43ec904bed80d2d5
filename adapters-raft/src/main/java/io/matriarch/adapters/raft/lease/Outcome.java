package io.matriarch.adapters.raft.lease;

/** What became of a command that was applied. */
public sealed interface Outcome {

    /**
     * It changed what it was to change.
     *
     * @param index the log index of its entry
     * @param nonce the one of a {@link RaftCommand.Renew}, else 0
     */
    record Applied(long index, long nonce) implements Outcome {}

    /** It changed nothing. */
    record Refused(String why) implements Outcome {}
}

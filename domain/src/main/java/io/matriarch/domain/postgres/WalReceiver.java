package io.matriarch.domain.postgres;

/** What a standby's WAL receiver does. */
public enum WalReceiver {
    /** There is none: nothing more comes over the network, what came is on disk, and the position tells all of it. */
    NONE,
    /** It connects, waits or ends, or what an earlier one has received is still being replayed. */
    NOT_STREAMING,
    STREAMING
}

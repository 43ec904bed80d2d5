package io.matriarch.domain.postgres;

/** What a standby's WAL receiver does. */
public enum WalReceiver {
    /** There is none: nothing more comes over the network, and what came is on disk. */
    NONE,
    /** It connects, waits or ends. */
    NOT_STREAMING,
    STREAMING
}

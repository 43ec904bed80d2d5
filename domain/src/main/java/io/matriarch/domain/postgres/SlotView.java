package io.matriarch.domain.postgres;

import java.util.Optional;

/**
 * A replication slot as seen.
 *
 * @param name its name
 * @param kind physical or logical
 * @param active whether somebody uses it
 * @param restartLsn WAL is kept from here on; empty for a slot that has reserved none
 * @param confirmed how far a logical slot's consumer has confirmed
 */
public record SlotView(String name, Kind kind, boolean active, Optional<Lsn> restartLsn, Optional<Lsn> confirmed) {

    /** The two kinds of slots. */
    public enum Kind {
        PHYSICAL,
        LOGICAL
    }
}

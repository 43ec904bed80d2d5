package io.matriarch.domain.slot;

import io.matriarch.domain.postgres.Lsn;

/** One step towards the slots there should be. */
public sealed interface SlotChange {

    String name();

    /** Create a physical slot that reserves WAL at once. */
    record CreatePhysical(String name) implements SlotChange {}

    /** Create a logical slot, on a primary. */
    record CreateLogical(String name, String database, String plugin) implements SlotChange {}

    /** Drop it, unless somebody uses it. */
    record Drop(String name, Cause cause) implements SlotChange {}

    /** Move an unused physical slot forward. */
    record Advance(String name, Lsn to) implements SlotChange {}

    /** Move an unused logical slot forward. That decodes the WAL between: it may take long, and goes on behind. */
    record AdvanceLogical(String name, String database, Lsn to) implements SlotChange {}

    /** Why a slot goes. */
    enum Cause {
        /** Nobody wants it. */
        UNKNOWN,
        /** The WAL it needs is gone. */
        LOST,
        /** It is of another kind, database or plugin than the one wanted. */
        CHANGED,
        /** It has never reserved WAL. */
        NOTHING_RESERVED,
        /** A transaction it once learnt from a standby's feedback stays in it, and keeps vacuum from its work. */
        HOLDS_XMIN
    }
}

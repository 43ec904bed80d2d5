package io.matriarch.domain.slot;

import io.matriarch.domain.postgres.Lsn;

/** One step towards the slots there should be. */
public sealed interface SlotChange {

    String name();

    /** Create a physical slot that reserves WAL at once. */
    record CreatePhysical(String name) implements SlotChange {}

    /** Drop it, unless somebody uses it. */
    record Drop(String name) implements SlotChange {}

    /** Move an unused physical slot forward. */
    record Advance(String name, Lsn to) implements SlotChange {}
}

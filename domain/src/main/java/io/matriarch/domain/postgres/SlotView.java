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
 * @param database the database a logical slot decodes
 * @param plugin a logical slot's output plugin
 * @param holdsXmin whether a standby's feedback has left a transaction in a physical slot that vacuum has to spare
 * @param lost whether the WAL it needs is gone, so that nobody can use it any more
 * @param nativeFailover whether PostgreSQL itself (17 and later) takes it along to the standbys
 */
public record SlotView(
        String name,
        Kind kind,
        boolean active,
        Optional<Lsn> restartLsn,
        Optional<Lsn> confirmed,
        Optional<String> database,
        Optional<String> plugin,
        boolean holdsXmin,
        boolean lost,
        boolean nativeFailover) {

    /** The two kinds of slots. */
    public enum Kind {
        PHYSICAL,
        LOGICAL;

        /** As PostgreSQL and the configuration write it. */
        public String text() {
            return this == PHYSICAL ? "physical" : "logical";
        }
    }

    /** A physical slot in order. */
    public static SlotView physical(String name, boolean active, Optional<Lsn> restartLsn) {
        return new SlotView(
                name,
                Kind.PHYSICAL,
                active,
                restartLsn,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                false,
                false,
                false);
    }

    /** A logical slot in order, used by nobody. */
    public static SlotView logical(String name, String database, String plugin, Lsn confirmed) {
        return new SlotView(
                name,
                Kind.LOGICAL,
                false,
                Optional.of(confirmed),
                Optional.of(confirmed),
                Optional.of(database),
                Optional.of(plugin),
                false,
                false,
                false);
    }

    /** The position its user has reached: what a logical slot's consumer has confirmed, else where its WAL begins. */
    public Optional<Lsn> position() {
        return confirmed.or(this::restartLsn);
    }
}

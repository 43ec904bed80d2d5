package io.matriarch.domain.failsafe;

import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.postgres.Lsn;
import java.util.Optional;

/** What another member said when it was asked whether this one may go on leading. */
public sealed interface FailsafeAnswer {

    MemberName name();

    /**
     * It may.
     *
     * @param position how far the member's WAL reaches, if it said so
     */
    record Accepted(MemberName name, Optional<Lsn> position) implements FailsafeAnswer {}

    /** Anything else, silence included. */
    record Refused(MemberName name, String why) implements FailsafeAnswer {}
}

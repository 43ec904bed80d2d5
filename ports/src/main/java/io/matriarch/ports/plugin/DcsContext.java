package io.matriarch.ports.plugin;

import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.cluster.Scope;
import io.matriarch.ports.dcs.DcsTiming;
import io.matriarch.ports.time.Clock;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * What a store's client has to know besides its own section.
 *
 * @param scope where the cluster's keys are
 * @param member the member it serves, empty for a command line
 * @param timing bounds to begin with
 * @param clock what leases are counted on
 * @param section its own section as it stands at the moment, for what may change without a restart; empty where the
 *     configuration is never read again. Any thread may ask
 */
public record DcsContext(
        Scope scope,
        Optional<MemberName> member,
        DcsTiming timing,
        Clock clock,
        Optional<Supplier<ConfigSection>> section) {

    /** For a client whose configuration does not change. */
    public DcsContext(Scope scope, Optional<MemberName> member, DcsTiming timing, Clock clock) {
        this(scope, member, timing, clock, Optional.empty());
    }
}

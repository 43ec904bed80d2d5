package io.matriarch.simulation;

import io.matriarch.domain.cluster.MemberName;
import io.matriarch.ports.dcs.Dcs;
import io.matriarch.ports.dcs.DcsTiming;
import io.matriarch.ports.dcs.StoreSnapshot;
import io.matriarch.ports.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * The store of a run, at whatever fidelity: what matters to the members is that it keeps the contract of {@link Dcs}.
 *
 * <p>Its calls are made on a {@linkplain Scheduler fiber} and take virtual time there; everything it does by itself it
 * does in events of the scheduler. All its chance comes from the {@link World}, so that one seed gives one run.
 */
public interface SimStore {

    /** Makes the store of one run; everything before the first {@link SimStore#open} takes no virtual time. */
    interface Kind {
        /**
         * @param members those that will open it, in order; a store inside the members has a voter on each
         * @param timing the bounds that clients begin with
         */
        SimStore create(World world, List<MemberName> members, DcsTiming timing);
    }

    /** What a report calls it. */
    String name();

    /**
     * The client of a process that starts at this moment: an agent's, whose voter starts with it where the store has one
     * on each member, or anybody's under a name that is no member's. {@link Dcs#close} says that the process is gone,
     * from one moment to the next.
     *
     * @param clock the machine's clock, which the client counts its deadlines on
     */
    Dcs open(MemberName member, Clock clock);

    /** The member's process stands still for so long: what of the store lives in it does too. */
    void pause(MemberName member, Duration length);

    /** Grows with every committed change, so that invariants are checked again only then. */
    long version();

    /** What everything committed so far amounts to: for invariants, no client may ask for it. */
    StoreSnapshot committed();

    /** Somebody deletes the leader key with the store's own tools; false where it has none. */
    default boolean deleteLeaderKey() {
        return false;
    }

    /** Begins a fault of a kind that only this store knows; empty if it has none to offer at the moment. */
    Optional<String> misfortune();

    /** Ends all faults of its own. */
    void heal();
}

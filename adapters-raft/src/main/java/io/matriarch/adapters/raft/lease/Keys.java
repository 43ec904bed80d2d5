package io.matriarch.adapters.raft.lease;

import io.matriarch.ports.dcs.StoreKey;
import java.util.List;

/** The keys below a scope that the store itself has to know. */
final class Keys {

    static final String LEADER = StoreKey.LEADER.path();
    static final String MEMBERS = StoreKey.MEMBERS;

    /** Keys whose change a turn should look at. The leader's and the members' keys are told apart by their leases. */
    static final List<String> WAKING =
            List.of(StoreKey.CONFIG.path(), StoreKey.FAILOVER.path(), StoreKey.SYNC.path(), StoreKey.INITIALIZE.path());

    private Keys() {}
}

package io.matriarch.ports.dcs;

/** The keys of a cluster, one level below its scope; the members' keys are apart (dcs-layout §1). */
public enum StoreKey {
    INITIALIZE("initialize"),
    CONFIG("config"),
    LEADER("leader"),
    FAILOVER("failover"),
    SYNC("sync"),
    STATUS("status"),
    LEGACY_OPTIME("optime/leader"),
    HISTORY("history"),
    FAILSAFE("failsafe"),
    /** Ours, and unknown to Patroni, which ignores it: the number and the holder of the last acquisition (SAF-016). */
    EPOCH("epoch");

    /** Folder of the members' keys. */
    public static final String MEMBERS = "members/";

    private final String path;

    StoreKey(String path) {
        this.path = path;
    }

    /** The key below the scope, without a leading slash. */
    public String path() {
        return path;
    }
}

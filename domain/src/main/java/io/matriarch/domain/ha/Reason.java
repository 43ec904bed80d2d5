package io.matriarch.domain.ha;

import java.util.List;

/**
 * Why a turn decided as it did, with the sentence an operator reads. Where the reference has a sentence for the case, it
 * is that sentence: people grep for it. {@code %s} are filled with the turn's facts in order.
 */
public enum Reason {
    LEADER_WITH_LOCK("no action. I am (%s), the leader with the lock"),
    FOLLOWING_LEADER("no action. I am (%s), a secondary, and following a leader (%s)"),
    COPYING_LOGICAL_SLOTS("Copying logical slots [%s] from the primary"),
    FOLLOWING_NOBODY("no action. I am (%s)"),
    STANDBY_LEADER_WITH_LOCK("no action. I am (%s), the standby leader with the lock"),
    FOLLOWING_STANDBY_LEADER("no action. I am (%s), a secondary, and following a standby leader (%s)"),

    // Taking the lock.
    POLLING_MEMBERS("leader lock is free, asking the other members for their positions"),
    ACQUIRING_AS_REPLICA("leader lock is free and I am the healthiest member, acquiring it"),
    ACQUIRING_AS_PRIMARY("leader lock is free and I was its last holder, acquiring it again"),
    ADOPTING_LOCK("the leader lock carries the lease of my former process, adopting it"),
    TAKING_OVER_LOCK("the leader lock has been handed over to me, renewing it"),
    WAITING_FOR_FORMER_LEASE("waiting for the lease of another process with my name to end"),
    PROMOTING_AFTER_HANDOVER("promoted self to leader because the leader lock was handed over to me"),
    PROMOTING_AFTER_RACE("promoted self to leader by acquiring session lock"),
    PROMOTING_WITH_LOCK("promoted self to leader because I had the session lock"),
    RACE_PUT_OFF("My (%s) wal position moved since last heart beat loop, %s seconds until leader race"),
    RACE_LOST("following new leader after trying and failing to obtain lock"),
    ENDING_RECEIVER("leader lock is free, ending my WAL receiver before I say how far my WAL reaches"),
    RUNNING_PRE_PROMOTE("running the pre_promote script before the promotion"),
    PRE_PROMOTE_FAILED("Promotion cancelled because the pre-promote script failed"),
    NOT_HEALTHIEST("following a different leader because i am not the healthiest node"),
    NOT_ALLOWED_TO_PROMOTE("following a different leader because I am not allowed to promote"),

    // A cluster that follows another one.
    STANDBY_LEADER_AFTER_RACE("promoted self to a standby leader by acquiring session lock"),
    STANDBY_LEADER_BY_LOCK("promoted self to a standby leader because i had the session lock"),
    STANDBY_CLUSTER_PROMOTES_NOBODY("not promoting because this is a standby cluster"),
    PRIMARY_IN_STANDBY_CLUSTER("cannot be a real primary in standby cluster"),
    REAL_PRIMARY_IN_STANDBY_CLUSTER("cannot be a real primary in a standby cluster"),
    ARCHIVING_SHUTDOWN_WAL("archiving the WAL file of my shutdown checkpoint, which ends at %s"),
    DEMOTION_POLLING("demoted to a standby cluster, asking the other members for their positions"),
    DEMOTION_RELEASING("releasing the leader lock, %s has everything up to my shutdown checkpoint at %s"),
    STARTING_AS_STANDBY_LEADER("starting as a standby leader because i had the session lock"),
    FOLLOWING_REMOTE_WITHOUT_LEADER("trying to follow a remote member because standby cluster is unhealthy"),
    FOLLOWING_OLD_STANDBY_LEADER("continue following the old known standby leader"),

    // Losing or lacking it.
    PRIMARY_WITHOUT_LOCK("demoting self because I do not have the lock and I was a leader"),
    PRIMARY_OVERTAKEN("demoting self because %s has held the lock since"),
    PRIMARY_BEHIND_CLUSTER("demoting self because my timeline %s is behind the cluster's timeline %s"),
    PRIMARY_NOT_ALLOWED("demoting self because I am not allowed to become primary"),
    LOST_BEFORE_PROMOTE("lost leader before promote"),
    LOCK_LOST("demoted self because failed to update leader lock in DCS"),
    LOCK_LOST_AS_REPLICA("not promoting because failed to update leader lock in DCS"),
    LEASE_DISAGREES("the DCS does not show my lease, dropping it"),
    SERVER_REMAINS("ending what is left of a server whose postmaster is gone: %s"),
    WATCHDOG_NOT_ACTIVATED("Demoting self because watchdog could not be activated"),
    WATCHDOG_PREVENTS_PROMOTION("Not promoting self because watchdog could not be activated"),

    // The store does not answer.
    DCS_UNREACHABLE("DCS is not accessible"),
    DCS_UNREACHABLE_LEASE_HOLDS("DCS is not accessible, my lease holds for another %s"),
    DCS_UNREACHABLE_AS_PRIMARY("demoted self because DCS is not accessible and I was a leader"),
    DCS_UNREACHABLE_STARTING_READONLY("DCS is not accessible, starting as readonly"),
    FAILSAFE_ASKING("DCS is not accessible, asking the other members whether I may go on as a leader"),
    FAILSAFE_KEEPS_PRIMARY(
            "continue to run as a leader because failsafe mode is enabled and all members are accessible"),
    FAILSAFE_REFUSED(
            "DCS is not accessible and not all members agree that I go on (%s), my lease holds for another %s"),

    // A background task runs.
    TASK_WITH_LOCK("updated leader lock during %s"),
    TASK_RUNNING("%s in progress"),
    TASK_RETRIED_LATER("%s has failed, trying again later"),
    TASK_LOST_LOCK("lost leader lock during %s"),

    // The server hangs.
    PROBING_STALLED_PRIMARY("PostgreSQL has shown no sign that it can write for %s seconds, trying a commit"),
    PRIMARY_HANGS("demoting self because PostgreSQL has not been able to write for %s seconds"),

    // Starting up.
    STARTING_UP("PostgreSQL is still starting up, %s seconds until timeout"),
    START_TIMED_OUT("stopped PostgreSQL because of startup timeout"),
    START_TIMED_OUT_ALONE("primary start has timed out, but continuing to wait because failover is not possible"),
    START_LOST_LOCK("stopped PostgreSQL while starting up because leader key was lost"),

    // An empty or foreign data directory, and the first start of a cluster.
    DIRECTORY_LOST_AS_LEADER("released leader key voluntarily as data dir %s and currently leader"),
    DIRECTORY_INACCESSIBLE("data directory is not accessible: %s"),
    DIRECTORY_EMPTY_PAUSED("running with empty data directory"),
    ASKING_TO_BOOTSTRAP("asking for the initialize lock"),
    TAKING_BACK_INITIALIZE("removing an initialize key that nobody has been at work for since %s seconds"),
    BOOTSTRAPPING("trying to bootstrap a new cluster"),
    BOOTSTRAP_LOST_RACE("failed to acquire initialize lock"),
    BOOTSTRAP_CREATING_ROLES("running post_bootstrap"),
    BOOTSTRAP_WAITING_FOR_RECOVERY("waiting for end of recovery after bootstrap"),
    BOOTSTRAP_TAKING_LOCK("taking the leader lock of the new cluster"),
    BOOTSTRAP_DONE("initialized a new cluster"),
    BOOTSTRAP_FAILED("removing initialize key after failed attempt to bootstrap the cluster"),
    BOOTSTRAPPING_STANDBY_LEADER("trying to bootstrap a new standby leader"),
    STARTING_NEW_STANDBY_LEADER("starting the new standby leader"),
    COPYING_WITHOUT_LEADER("trying to bootstrap (without leader)"),
    WAITING_FOR_STANDBY_LEADER("waiting for standby_leader to bootstrap"),
    COPYING_FROM_LEADER("trying to bootstrap from leader '%s'"),
    COPYING_FROM_REPLICA("trying to bootstrap from replica '%s'"),
    WAITING_FOR_LEADER("waiting for leader to bootstrap"),
    NAME_TAKEN("there is already a node named %s running"),
    SLOT_NAME_TAKEN("the name of %s leads to the replication slot %s that would be mine"),
    SYSTEM_ID_INVALID("data dir for the cluster is not empty, but system ID is invalid; consider doing reinitialize"),
    SYSTEM_ID_MISMATCH("system ID mismatch, node %s belongs to a different cluster: %s != %s"),
    SYSTEM_ID_MISMATCH_PAUSED("released leader key voluntarily due to the system ID mismatch"),
    NO_INITIALIZE_KEY_AS_REPLICA("No initialize key in DCS and PostgreSQL is running as replica, aborting start"),
    STOPPING_FOREIGN("stopping PostgreSQL, its data directory belongs to a different cluster: %s != %s"),
    SYSTEM_ID_INVALID_AS_LEADER("released leader key voluntarily as system ID is invalid and currently leader"),
    JOINING_UNINITIALIZED("writing the system identifier of the existing data directory to the DCS"),

    // The server does not run.
    STARTING_PRIMARY_AFTER_FAILURE("starting primary after failure"),
    STARTING_PRIMARY_WITH_LOCK("starting as primary because I have the session lock and nobody else has led since"),
    CRASH_FAILOVER("stopped PostgreSQL to fail over after a crash"),
    WATCHDOG_LOST_STOPPED("releasing the leader lock because the watchdog could not be activated"),
    START_FAILED_WITH_LOCK("removed leader key after trying and failing to start postgres"),
    STARTING_READONLY_WITH_LOCK("starting as readonly because i had the session lock"),
    STARTING_AS_SECONDARY("starting as a secondary"),
    START_FAILED("failed to start postgres"),
    RECOVERING_CRASH("doing crash recovery in a single user mode"),

    // Divergence.
    COMPARING_TIMELINES("comparing my timeline with that of leader (%s)"),
    STOPPING_TO_REWIND("stopping to rewind from %s"),
    REWINDING("running pg_rewind from %s"),
    REINITIALIZING_DIVERGED("reinitializing due to diverged timelines"),
    REMOVING_AFTER_REWIND_FAILURE("removing the data directory after a failed rewind"),

    // What operators ask for.
    SWITCHOVER_POLLING("%s: asking the candidates for their positions"),
    SWITCHOVER_PREPARING("%s: writing a checkpoint before handing over to %s"),
    SWITCHOVER_STOPPING("%s: demoting myself"),
    SWITCHOVER_AWAITING("%s: waiting for %s to confirm it has everything"),
    SWITCHOVER_HANDING_OVER("%s: handing the leader lock to %s"),
    SWITCHOVER_DONE("%s: handed the leader lock to %s"),
    SWITCHOVER_RELEASING("%s: releasing the leader lock, %s is to be the standby leader"),
    SWITCHOVER_ABANDONED("%s: starting again as primary because %s"),
    RESTARTING("restart initiated"),
    WAITING_FOR_SYNC_RELEASE("waiting for the primary to release me from synchronous standby"),
    REINITIALIZING("reinitialize"),
    REQUEST_REFUSED("not proceeding with the request: %s"),

    // Automation is off.
    PAUSED_PRIMARY_KEEPS_LOCK_LOST("continue to run as primary after failing to update leader lock in DCS"),
    PAUSED_PRIMARY_WITHOUT_LOCK("continue to run as primary without lock"),
    PAUSED_STOPPED("postgres is not running"),
    PAUSED_STOPPED_WITH_LOCK("removed leader lock because postgres is not running"),
    PAUSED_LOCK_NOT_PRIMARY("removed leader lock because postgres is not running as primary"),
    PAUSED_PROMOTE_PENDING("waiting to become primary after promote..."),

    // The agent ends.
    SHUTDOWN_STOPPING("stopping PostgreSQL because the agent ends"),
    SHUTDOWN_RELEASING("Leader key released"),
    SHUTDOWN_PAUSED("Leader key is not deleted and Postgresql is not stopped due paused state"),
    SHUTDOWN_WAITING("waiting for %s to end before the agent ends"),
    SHUTDOWN_DONE("the agent ends");

    private final String template;

    Reason(String template) {
        this.template = template;
    }

    /** The sentence with its facts; a fact too few reads as a question mark. */
    public String sentence(List<String> facts) {
        var text = new StringBuilder();
        int from = 0;
        int fact = 0;
        for (int at = template.indexOf("%s"); at >= 0; at = template.indexOf("%s", from)) {
            text.append(template, from, at).append(fact < facts.size() ? facts.get(fact) : "?");
            fact++;
            from = at + 2;
        }
        return text.append(template, from, template.length()).toString();
    }
}

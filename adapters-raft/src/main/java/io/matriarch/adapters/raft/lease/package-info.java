/** The replicated state of the embedded store and everything about leases that needs no network, disk or clock. */
package io.matriarch.adapters.raft.lease;

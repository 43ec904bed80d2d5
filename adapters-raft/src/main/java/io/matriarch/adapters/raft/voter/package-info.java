/**
 * What a voter does around its log, whatever keeps the log: jraft in production, virtual time in the simulator. Nothing
 * here knows jraft.
 */
package io.matriarch.adapters.raft.voter;

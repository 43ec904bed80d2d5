/** The embedded store in virtual time: its real table, client and voters' code around a simulated Raft log. */
package io.matriarch.simulation.raft;

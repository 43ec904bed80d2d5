/** The production loop in virtual time: members, servers, store and network in one thread at a time, from one seed. */
package io.matriarch.simulation;

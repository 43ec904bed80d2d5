/**
 * Seeded bugs: each rule of the store and of the cycle is broken on purpose, one at a time, in a copy of the production
 * class, and the simulator has to notice.
 */
package io.matriarch.simulation.mutation;

/** The turn: observe, decide, carry out; and what keeps the lease between turns. */
package io.matriarch.app.loop;

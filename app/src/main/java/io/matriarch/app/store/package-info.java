/** What the values in the store mean: one codec for every store. */
package io.matriarch.app.store;

/**
 * From YAML, environment and the store's {@code /config} to typed settings. Reading never stops at the first mistake:
 * every problem is collected and reported at once.
 */
package io.matriarch.app.config;

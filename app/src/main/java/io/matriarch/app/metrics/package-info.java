/** What monitoring reads. */
package io.matriarch.app.metrics;

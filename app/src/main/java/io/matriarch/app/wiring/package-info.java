/** Puts the agent together: plugins, modules, threads, signals. */
package io.matriarch.app.wiring;

/** The command line: one class a verb, nothing of the agent. Start-up time is a feature: no Guice, no reflection. */
package io.matriarch.app.ctl;

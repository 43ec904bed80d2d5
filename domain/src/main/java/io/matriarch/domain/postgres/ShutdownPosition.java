package io.matriarch.domain.postgres;

/**
 * The end of a cleanly stopped primary's WAL.
 *
 * @param timeline its timeline
 * @param end first byte after the shutdown checkpoint record, the least a successor must have on disk (SAF-060)
 */
public record ShutdownPosition(Timeline timeline, Lsn end) {}

package io.matriarch.domain.rewind;

import io.matriarch.domain.postgres.Lsn;
import io.matriarch.domain.postgres.Timeline;

/**
 * One line of a timeline's history file: the timeline {@code parent} was left at {@code switchpoint}.
 *
 * @param reason PostgreSQL's text
 */
public record HistoryLine(Timeline parent, Lsn switchpoint, String reason) {}

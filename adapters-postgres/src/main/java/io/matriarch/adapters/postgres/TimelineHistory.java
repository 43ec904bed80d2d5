package io.matriarch.adapters.postgres;

import io.matriarch.domain.postgres.Lsn;
import io.matriarch.domain.postgres.Timeline;
import io.matriarch.domain.rewind.HistoryLine;
import java.util.ArrayList;
import java.util.List;

/** A timeline's history file: {@code parent<TAB>switchpoint<TAB>reason} lines and comments. */
final class TimelineHistory {

    private TimelineHistory() {}

    /**
     * Reads it.
     *
     * @throws IllegalArgumentException when a line is none of a history file: half a history must not be compared with
     */
    static List<HistoryLine> parse(String content) {
        var lines = new ArrayList<HistoryLine>();
        for (String line : content.split("\n")) {
            String text = line.strip();
            if (text.isEmpty() || text.startsWith("#")) {
                continue;
            }
            String[] columns = text.split("\\s+", 3);
            if (columns.length < 2) {
                throw new IllegalArgumentException("not a line of a timeline history: " + text);
            }
            lines.add(new HistoryLine(
                    new Timeline(Integer.parseUnsignedInt(columns[0])),
                    Lsn.parse(columns[1]),
                    columns.length > 2 ? columns[2] : ""));
        }
        return lines;
    }
}

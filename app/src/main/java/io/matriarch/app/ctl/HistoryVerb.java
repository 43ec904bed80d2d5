package io.matriarch.app.ctl;

import io.matriarch.app.config.Trees;
import io.matriarch.domain.cluster.TimelineHistory;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** {@code history}: the promotions. */
final class HistoryVerb implements Verb {

    private static final List<TextTable.Column> COLUMNS = List.of(
            new TextTable.Column("TL", true),
            new TextTable.Column("LSN", true),
            new TextTable.Column("Reason", false),
            new TextTable.Column("Timestamp", false),
            new TextTable.Column("New Leader", false));

    @Override
    public String synopsis() {
        return "[OPTIONS] [CLUSTER_NAME]";
    }

    @Override
    public String description() {
        return "Show the history of failovers/switchovers";
    }

    @Override
    public List<Option> options() {
        return List.of(Option.GROUP, Option.FORMAT);
    }

    @Override
    public int maxArguments() {
        return 1;
    }

    @Override
    public int run(Arguments arguments, Session session) {
        Format format = arguments.format();
        Cluster cluster = session.cluster(arguments);
        List<String> names = COLUMNS.stream().map(TextTable.Column::title).toList();
        List<Map<String, Object>> rows = new ArrayList<>();
        for (TimelineHistory.Line line : cluster.view().history().lines()) {
            Map<String, Object> row = new LinkedHashMap<>();
            row.put(names.get(0), Integer.toUnsignedLong(line.timeline().value()));
            row.put(names.get(1), line.switchpoint().value());
            row.put(names.get(2), line.reason());
            row.put(names.get(3), line.timestamp().orElse(""));
            row.put(names.get(4), line.leader().orElse(""));
            rows.add(row);
        }
        switch (format) {
            case PRETTY, TOPOLOGY -> {
                List<List<String>> cells = new ArrayList<>();
                rows.forEach(
                        row -> cells.add(row.values().stream().map(Trees::text).toList()));
                new TextTable(Optional.empty(), COLUMNS, cells).draw().forEach(session.console()::line);
            }
            case TSV -> Rows.tsv(session.console(), names, rows, "\t");
            case JSON -> Rows.json(session.console(), rows);
            case YAML -> Rows.yaml(session.console(), rows);
        }
        return 0;
    }
}

package io.matriarch.app.ctl;

import io.matriarch.app.config.Json;
import io.matriarch.app.config.Trees;
import io.matriarch.app.config.YamlTree;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Rows of named cells in the formats a program reads, and single values as YAML. */
final class Rows {

    private Rows() {}

    /** A header and a line a row, joined by {@code delimiter}. */
    static void tsv(Console console, List<String> columns, List<Map<String, Object>> rows, String delimiter) {
        console.line(String.join(delimiter, columns));
        for (Map<String, Object> row : rows) {
            List<String> cells = new ArrayList<>();
            columns.forEach(column -> cells.add(cell(row.get(column))));
            console.line(String.join(delimiter, cells));
        }
    }

    private static String cell(Object value) {
        return Trees.asMap(value).map(Rows::flow).orElseGet(() -> value == null ? "" : Trees.text(value));
    }

    static void json(Console console, List<Map<String, Object>> rows) {
        console.line(Json.spaced(rows));
    }

    /** A dump and an empty line, as the reference ends one. */
    static void yaml(Console console, Object tree) {
        console.text(YamlTree.dump(tree));
        console.line("");
    }

    /** Rows without the cells that say nothing. */
    static List<Map<String, Object>> withoutEmpty(List<Map<String, Object>> rows) {
        List<Map<String, Object>> full = new ArrayList<>();
        for (Map<String, Object> row : rows) {
            Map<String, Object> cells = new LinkedHashMap<>();
            row.forEach((column, value) -> {
                if (!isEmpty(value)) {
                    cells.put(column, value);
                }
            });
            full.add(cells);
        }
        return full;
    }

    static boolean isEmpty(Object value) {
        return value == null || value.equals("") || value instanceof Map<?, ?> map && map.isEmpty();
    }

    /** Block YAML without the end of line. */
    static String block(Object tree) {
        return YamlTree.dump(tree).stripTrailing();
    }

    /** {@code {a: 1, b: x}}, keys sorted. */
    static String flow(Object tree) {
        return switch (tree) {
            case Map<?, ?> map -> {
                List<String> parts = new ArrayList<>();
                new java.util.TreeMap<>(Trees.asMap(map).orElseThrow())
                        .forEach((key, value) -> parts.add(scalar(key) + ": " + flow(value)));
                yield "{" + String.join(", ", parts) + "}";
            }
            case List<?> list ->
                "[" + String.join(", ", list.stream().map(Rows::flow).toList()) + "]";
            case null -> "null";
            default -> scalar(tree);
        };
    }

    /** A scalar as the dumper writes it, quoted also where only a flow collection needs it. */
    private static String scalar(Object value) {
        String dumped = YamlTree.dump(value);
        int end = dumped.lastIndexOf("\n...");
        String text = (end < 0 ? dumped : dumped.substring(0, end)).stripTrailing();
        boolean quoted = text.startsWith("'") || text.startsWith("\"");
        boolean special = text.chars().anyMatch(c -> ",[]{}".indexOf(c) >= 0);
        return special && !quoted ? "'" + text.replace("'", "''") + "'" : text;
    }
}

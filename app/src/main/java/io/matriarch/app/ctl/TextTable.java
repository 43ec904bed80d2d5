package io.matriarch.app.ctl;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A table drawn with {@code + - |}, its title written over the top rule. */
final class TextTable {

    /** A column; two of them may have one title. */
    record Column(String title, boolean rightAligned) {}

    private final Optional<String> title;
    private final List<Column> columns;
    private final List<List<String>> rows;

    TextTable(Optional<String> title, List<Column> columns, List<List<String>> rows) {
        this.title = title;
        this.columns = columns;
        this.rows = rows;
    }

    /** The lines of the picture. */
    List<String> draw() {
        int[] widths = new int[columns.size()];
        List<List<List<String>>> cells = new ArrayList<>();
        boolean broken = false;
        for (int i = 0; i < widths.length; i++) {
            widths[i] = width(columns.get(i).title());
        }
        for (List<String> row : rows) {
            List<List<String>> lines = new ArrayList<>();
            for (int i = 0; i < widths.length; i++) {
                List<String> cell = List.of(row.get(i).split("\n", -1));
                for (String line : cell) {
                    widths[i] = Math.max(widths[i], width(line));
                }
                broken |= cell.size() > 1;
                lines.add(cell);
            }
            cells.add(lines);
        }
        return draw(widths, cells, broken);
    }

    private List<String> draw(int[] widths, List<List<List<String>>> cells, boolean ruleEverywhere) {
        List<String> picture = new ArrayList<>();
        String rule = rule(widths);
        picture.add(title.map(text -> overwritten(rule, text)).orElse(rule));
        picture.add(line(widths, columns.stream().map(Column::title).toList()));
        picture.add(rule);
        for (List<List<String>> row : cells) {
            int height = row.stream().mapToInt(List::size).max().orElse(1);
            for (int i = 0; i < height; i++) {
                int at = i;
                picture.add(line(
                        widths,
                        row.stream()
                                .map(cell -> at < cell.size() ? cell.get(at) : "")
                                .toList()));
            }
            if (ruleEverywhere) {
                picture.add(rule);
            }
        }
        if (!ruleEverywhere) {
            picture.add(rule);
        }
        return picture;
    }

    private static String overwritten(String rule, String title) {
        String shown = title.length() > rule.length() - 2 ? title.substring(0, rule.length() - 2) : title;
        return rule.charAt(0) + shown + rule.substring(1 + shown.length());
    }

    private static String rule(int[] widths) {
        StringBuilder rule = new StringBuilder("+");
        for (int width : widths) {
            rule.append("-".repeat(width + 2)).append('+');
        }
        return rule.toString();
    }

    private String line(int[] widths, List<String> texts) {
        StringBuilder line = new StringBuilder("|");
        for (int i = 0; i < widths.length; i++) {
            String text = texts.get(i);
            String blanks = " ".repeat(widths[i] - width(text));
            line.append(' ');
            line.append(columns.get(i).rightAligned() ? blanks + text : text + blanks);
            line.append(" |");
        }
        return line.toString();
    }

    private static int width(String text) {
        return text.codePointCount(0, text.length());
    }
}

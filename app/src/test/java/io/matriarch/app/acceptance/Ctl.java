package io.matriarch.app.acceptance;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Runs {@code matriarchctl}, and reads its tables. */
final class Ctl {

    private static final Duration LIMIT = Duration.ofSeconds(120);

    private final Path image;
    private final Network network;
    private final Path config;

    /** A line of the cluster's table by the titles of its columns; the two columns Lag are one list. */
    record Row(String member, String host, String role, String state, String timeline, List<String> cells) {

        boolean leads() {
            return role.equals("Leader");
        }

        /** The greatest lag that is shown, in MiB. */
        int lag() {
            return cells.stream()
                    .filter(cell -> cell.matches("[0-9]+"))
                    .mapToInt(Integer::parseInt)
                    .max()
                    .orElse(0);
        }
    }

    Ctl(Path image, Network network, Path config) {
        this.image = image;
        this.network = network;
        this.config = config;
    }

    Commands.Result run(String... arguments) {
        return answering("", arguments);
    }

    /** With {@code input} on the standard input. */
    Commands.Result answering(String input, String... arguments) {
        var command = new ArrayList<>(List.of(image.resolve("bin/matriarchctl").toString(), "-c", config.toString()));
        command.addAll(List.of(arguments));
        return Commands.run(network.clientCommand(command), input, Map.of(), LIMIT);
    }

    /** {@code syncobj_admin -conn …}, as operators know it. */
    Commands.Result syncobjAdmin(String... arguments) {
        var command = new ArrayList<>(List.of(image.resolve("bin/syncobj_admin").toString()));
        command.addAll(List.of(arguments));
        return Commands.run(
                network.clientCommand(command), "", Map.of("PATRONICTL_CONFIG_FILE", config.toString()), LIMIT);
    }

    List<Row> list() {
        return rows(run("list").succeeded().out());
    }

    /** The lines of a table {@code list} or {@code topology} printed, without the tree's signs. */
    static List<Row> rows(String table) {
        return table.lines()
                .filter(line -> line.startsWith("| ") && !line.startsWith("| Member"))
                .map(Ctl::row)
                .toList();
    }

    static Optional<Row> leader(List<Row> rows) {
        return rows.stream().filter(Row::leads).findFirst();
    }

    private static Row row(String line) {
        List<String> cells = Arrays.stream(line.substring(1, line.length() - 1).split("\\|"))
                .map(String::strip)
                .toList();
        return new Row(
                cells.get(0).replaceFirst("^\\+ ", ""),
                cells.get(1),
                cells.get(2),
                cells.get(3),
                cells.get(4),
                cells.subList(5, cells.size()));
    }
}

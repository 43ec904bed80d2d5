package io.matriarch.adapters.postgres;

import io.matriarch.ports.plugin.ConfigSection;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * PostgreSQL's programs.
 *
 * @param directory where they are; empty for the PATH
 * @param names names that differ from the usual ones
 */
record PgBinaries(Optional<Path> directory, Map<String, String> names) {

    private static final List<String> TOOLS = List.of(
            "pg_ctl", "initdb", "pg_controldata", "pg_basebackup", "postgres", "pg_isready", "pg_rewind", "pg_waldump");
    private static final Pattern VERSION = Pattern.compile("\\(PostgreSQL\\)\\s+(\\d+)");
    private static final int OLDEST = 12;

    PgBinaries {
        names = Map.copyOf(names);
    }

    static PgBinaries read(ConfigSection section) {
        var names = new TreeMap<String, String>();
        ConfigSection renamed = section.section("bin_name");
        TOOLS.forEach(tool -> renamed.text(tool).ifPresent(name -> names.put(tool, name)));
        return new PgBinaries(
                section.text("bin_dir").filter(path -> !path.isBlank()).map(Path::of), names);
    }

    String path(String tool) {
        String name = names.getOrDefault(tool, tool);
        return directory.map(folder -> folder.resolve(name).toString()).orElse(name);
    }

    /** Major version of the installed server, such as 15; empty when it cannot be run. */
    OptionalInt installedMajor() {
        Subprocess.Result result =
                Subprocess.run(List.of(path("postgres"), "--version"), Subprocess.environment(Map.of()));
        Matcher matcher = VERSION.matcher(result.output());
        return result.isOk() && matcher.find()
                ? OptionalInt.of(Integer.parseInt(matcher.group(1)))
                : OptionalInt.empty();
    }

    /** What {@code PG_VERSION} of the data directory says; empty when there is none. */
    static OptionalInt majorOf(Path dataDirectory) {
        try {
            String text = Files.readString(dataDirectory.resolve("PG_VERSION")).trim();
            return OptionalInt.of(Integer.parseInt(text));
        } catch (IOException | NumberFormatException _) {
            return OptionalInt.empty();
        }
    }

    /** Everything that keeps these programs from working on that directory, as sentences for the operator. */
    List<String> problems(Path dataDirectory) {
        var problems = new ArrayList<String>();
        directory
                .filter(folder -> !Files.isDirectory(folder))
                .ifPresent(folder -> problems.add("postgresql.bin_dir " + folder + " is not a directory"));
        OptionalInt installed = installedMajor();
        if (installed.isEmpty()) {
            problems.add("cannot run " + path("postgres")
                    + directory
                            .map(_ -> " (postgresql.bin_dir)")
                            .orElse(" (postgresql.bin_dir is not set: the PATH is searched)"));
            return problems;
        }
        if (installed.getAsInt() < OLDEST) {
            problems.add("PostgreSQL " + installed.getAsInt() + " in postgresql.bin_dir is too old: " + OLDEST
                    + " or later is needed");
        }
        OptionalInt data = majorOf(dataDirectory);
        if (data.isPresent() && data.getAsInt() != installed.getAsInt()) {
            problems.add("data directory " + dataDirectory + " belongs to PostgreSQL " + data.getAsInt() + ", but "
                    + path("postgres") + " is version " + installed.getAsInt());
        }
        return problems;
    }
}

package io.matriarch.adapters.postgres;

import io.matriarch.domain.postgres.ControlData;
import io.matriarch.domain.postgres.Lsn;
import io.matriarch.domain.postgres.SystemIdentifier;
import io.matriarch.domain.postgres.Timeline;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the control file of a data directory says.
 *
 * @param data as the domain knows it; empty when something that must be there is not
 * @param settings values a standby needs at least of parameters the primary had, by their names in the file
 */
record ControlFile(Optional<ControlData> data, Map<String, Integer> settings) {

    private static final Logger log = LoggerFactory.getLogger(ControlFile.class);
    private static final String SETTING = " setting";
    /** Words of the warning in all versions; the first letter changed. */
    private static final String DAMAGED = "alculated CRC checksum does not match";

    ControlFile {
        settings = Map.copyOf(settings);
    }

    /** Empty when the directory holds no server or the file cannot be read or is damaged. */
    static Optional<ControlFile> read(PgBinaries binaries, Path dataDirectory) {
        if (!Files.exists(dataDirectory.resolve("PG_VERSION"))) {
            return Optional.empty();
        }
        return ControlFileReader.read(dataDirectory).or(() -> byTool(binaries, dataDirectory));
    }

    /** Through pg_controldata of the server's own version, which knows the format whatever it is. */
    static Optional<ControlFile> byTool(PgBinaries binaries, Path dataDirectory) {
        Subprocess.Result result = Subprocess.run(
                List.of(binaries.path("pg_controldata"), dataDirectory.toString()), Subprocess.environment(Map.of()));
        if (result.isOk()
                && (result.output().contains(DAMAGED) || result.error().contains(DAMAGED))) {
            // It prints the fields all the same, and calls them untrustworthy.
            log.warn("the control file in {} is damaged: its checksum is wrong", dataDirectory);
            return Optional.empty();
        }
        return result.isOk() ? Optional.of(parse(result.output())) : Optional.empty();
    }

    /** What pg_controldata prints: {@code key: value} lines, some of the keys with {@code Current } before them. */
    static ControlFile parse(String output) {
        var lines = new TreeMap<String, String>();
        output.lines().forEach(line -> {
            int colon = line.indexOf(':');
            if (colon > 0) {
                String key = line.substring(0, colon).trim();
                lines.put(
                        key.startsWith("Current ") ? key.substring("Current ".length()) : key,
                        line.substring(colon + 1).trim());
            }
        });
        return new ControlFile(data(lines), settings(lines));
    }

    /** The value a standby needs at least of a parameter that the primary had. */
    Optional<Integer> setting(String parameter) {
        return Optional.ofNullable(settings.get(parameter));
    }

    private static Map<String, Integer> settings(Map<String, String> lines) {
        var settings = new TreeMap<String, Integer>();
        lines.forEach((key, value) -> {
            try {
                if (key.endsWith(SETTING)) {
                    settings.put(key.substring(0, key.length() - SETTING.length()), Integer.valueOf(value));
                }
            } catch (NumberFormatException _) {
                // Not one of the numbers: a flag, or wal_level.
            }
        });
        return settings;
    }

    private static Optional<ControlData> data(Map<String, String> lines) {
        try {
            Optional<SystemIdentifier> system =
                    text(lines, "Database system identifier").flatMap(SystemIdentifier::parse);
            return system.map(identifier -> new ControlData(
                    ControlData.State.parse(
                            text(lines, "Database cluster state").orElse("")),
                    identifier,
                    lsn(lines, "Latest checkpoint location"),
                    timeline(lines, "Latest checkpoint's TimeLineID"),
                    lsn(lines, "Minimum recovery ending location"),
                    timeline(lines, "Min recovery ending loc's timeline"),
                    text(lines, "wal_log_hints setting").filter("on"::equals).isPresent(),
                    text(lines, "Data page checksum version")
                            .filter(text -> !text.equals("0"))
                            .isPresent()));
        } catch (IllegalArgumentException _) {
            return Optional.empty();
        }
    }

    private static Optional<String> text(Map<String, String> lines, String key) {
        return Optional.ofNullable(lines.get(key));
    }

    private static Lsn lsn(Map<String, String> lines, String key) {
        return text(lines, key).map(Lsn::parse).orElse(Lsn.ZERO);
    }

    private static Timeline timeline(Map<String, String> lines, String key) {
        return text(lines, key)
                .map(text -> new Timeline(Integer.parseUnsignedInt(text)))
                .orElse(Timeline.UNKNOWN);
    }
}

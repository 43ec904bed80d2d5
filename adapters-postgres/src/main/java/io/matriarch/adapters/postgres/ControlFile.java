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

/**
 * What pg_controldata prints: {@code key: value} lines.
 *
 * @param lines values by key, {@code Current } removed from the keys
 */
record ControlFile(Map<String, String> lines) {

    ControlFile {
        lines = Map.copyOf(lines);
    }

    /** Empty when the directory holds no server or the tool fails. */
    static Optional<ControlFile> read(PgBinaries binaries, Path dataDirectory) {
        if (!Files.exists(dataDirectory.resolve("PG_VERSION"))) {
            return Optional.empty();
        }
        Subprocess.Result result = Subprocess.run(
                List.of(binaries.path("pg_controldata"), dataDirectory.toString()), Subprocess.environment(Map.of()));
        return result.isOk() ? Optional.of(parse(result.output())) : Optional.empty();
    }

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
        return new ControlFile(lines);
    }

    Optional<String> text(String key) {
        return Optional.ofNullable(lines.get(key));
    }

    /** The value a standby needs at least of a parameter that the primary had. */
    Optional<Integer> setting(String parameter) {
        try {
            return text(parameter + " setting").map(Integer::valueOf);
        } catch (NumberFormatException _) {
            return Optional.empty();
        }
    }

    /** As the domain knows it; empty when a line that must be there is not. */
    Optional<ControlData> data() {
        try {
            Optional<SystemIdentifier> system =
                    text("Database system identifier").flatMap(SystemIdentifier::parse);
            return system.map(identifier -> new ControlData(
                    ControlData.State.parse(text("Database cluster state").orElse("")),
                    identifier,
                    lsn("Latest checkpoint location"),
                    timeline("Latest checkpoint's TimeLineID"),
                    lsn("Minimum recovery ending location"),
                    timeline("Min recovery ending loc's timeline"),
                    text("wal_log_hints setting").filter("on"::equals).isPresent(),
                    text("Data page checksum version")
                            .filter(text -> !text.equals("0"))
                            .isPresent()));
        } catch (IllegalArgumentException _) {
            return Optional.empty();
        }
    }

    private Lsn lsn(String key) {
        return text(key).map(Lsn::parse).orElse(Lsn.ZERO);
    }

    private Timeline timeline(String key) {
        return text(key)
                .map(text -> new Timeline(Integer.parseUnsignedInt(text)))
                .orElse(Timeline.UNKNOWN);
    }
}

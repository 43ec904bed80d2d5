package io.matriarch.adapters.postgres;

import io.matriarch.domain.postgres.Lsn;
import io.matriarch.domain.postgres.Timeline;
import io.matriarch.ports.postgres.ArchiveResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Gives WAL files of a server that does not run to its archive and takes them from there, as the server would. */
final class WalArchive {

    private static final Logger log = LoggerFactory.getLogger(WalArchive.class);
    private static final Pattern READY = Pattern.compile("([0-9A-F]{24}(?:\\.partial)?)\\.ready");

    private final Server server;

    WalArchive(Server server) {
        this.server = server;
    }

    /**
     * Archives what waits for it: pg_rewind or recovery may remove it, and it may be the only copy of what a person
     * still wants to look at.
     */
    void archiveReady() throws IOException {
        Optional<String> command = command();
        Path folder = wal().resolve("archive_status");
        if (command.isEmpty() || !Files.isDirectory(folder)) {
            return;
        }
        List<Path> entries;
        try (Stream<Path> files = Files.list(folder)) {
            entries = files.sorted().toList();
        }
        for (Path entry : entries) {
            Matcher ready = READY.matcher(entry.getFileName().toString());
            if (!ready.matches() || !Files.exists(wal().resolve(ready.group(1)))) {
                continue;
            }
            String segment = ready.group(1);
            if (archive(command.get(), segment).isOk()) {
                Files.move(entry, folder.resolve(segment + ".done"), StandardCopyOption.REPLACE_EXISTING);
            }
        }
    }

    /**
     * Archives the files with the WAL up to {@code end}, the record of the shutdown checkpoint. A server switches to a
     * new file before that record, so that everything else is archived already; that file it never archives itself.
     */
    ArchiveResult archiveEnd(WalReader reader, Timeline timeline, Lsn checkpoint, Lsn end) {
        Optional<String> command = command();
        if (command.isEmpty()) {
            return new ArchiveResult.NotConfigured();
        }
        try {
            archiveReady();
            List<String> segments = reader.segments(timeline, checkpoint, end);
            for (String segment : segments) {
                Subprocess.Result result = archive(command.get(), segment);
                if (!result.isOk()) {
                    return new ArchiveResult.Failed(
                            "archiving " + segment + " ended with code " + result.code() + ": " + result.lastWords());
                }
            }
            return new ArchiveResult.Archived();
        } catch (IOException e) {
            log.error("the WAL file of the shutdown checkpoint is not archived: {}", e.toString());
            return new ArchiveResult.Failed(e.toString());
        }
    }

    /** The command of a server that archives; nothing where it does not, or where a library does it. */
    private Optional<String> command() {
        boolean archives = Set.of("on", "always").contains(configured("archive_mode"));
        String command = archives ? configured("archive_command") : "";
        return Optional.of(command).filter(text -> !text.isBlank());
    }

    private Subprocess.Result archive(String command, String segment) {
        log.info("Trying to archive {}: {}", segment, command);
        Subprocess.Result result = shell(command, wal().resolve(segment), segment);
        if (!result.isOk()) {
            log.error("Failed to archive WAL segment {}: code {} {}", segment, result.code(), result.lastWords());
        }
        return result;
    }

    /** Fetches a segment into the WAL directory; true if it is there now. */
    boolean fetch(String restoreCommand, String segment) {
        Subprocess.Result result = shell(restoreCommand, wal().resolve(segment), segment);
        if (!result.isOk()) {
            log.error("Failed to fetch WAL segment {} required for pg_rewind", segment);
        }
        return result.isOk();
    }

    /** In the data directory, as the server runs it: a command may count on that. */
    private Subprocess.Result shell(String command, Path file, String name) {
        var expanded = new StringBuilder();
        for (int i = 0; i < command.length(); i++) {
            char next = i + 1 < command.length() ? command.charAt(i + 1) : 0;
            if (command.charAt(i) != '%' || "pfr%".indexOf(next) < 0) {
                expanded.append(command.charAt(i));
                continue;
            }
            i++;
            switch (next) {
                case 'p' -> expanded.append(file);
                case 'f' -> expanded.append(name);
                case 'r' -> expanded.append("000000010000000000000001");
                default -> expanded.append('%');
            }
        }
        return Subprocess.run(
                List.of("/bin/sh", "-c", expanded.toString()),
                Subprocess.environment(Map.of()),
                server.dataDirectory());
    }

    /** The value a parameter has now, or in the configuration files of the server that does not run; else empty. */
    String configured(String name) {
        return Optional.ofNullable(server.parameters().file().get(name))
                .or(() -> server.filed(name))
                .orElse("");
    }

    private Path wal() {
        return server.dataDirectory().resolve("pg_wal");
    }
}

package io.matriarch.adapters.postgres;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The server's configuration files. Each is written whole into a file beside it and renamed, so that a server never
 * reads half of one.
 */
final class ConfigFiles {

    private static final Logger log = LoggerFactory.getLogger(ConfigFiles.class);
    private static final String RECOVERY_MARK = "# recovery.conf";

    private final PgSettings settings;

    ConfigFiles(PgSettings settings) {
        this.settings = settings;
    }

    /**
     * Writes postgresql.conf; true if that changed it.
     *
     * @param recovery settings of recovery, at the end of the file
     */
    boolean writeMain(SortedMap<String, String> parameters, SortedMap<String, String> recovery) throws IOException {
        Path main = settings.configFile();
        Path base = settings.baseFile();
        if (settings.customConf().isEmpty() && !Files.exists(base)) {
            if (Files.exists(main)) {
                Files.move(main, base);
            } else {
                write(base, "");
            }
        }
        var text = new StringBuilder();
        text.append("# This file is written by Matriarch: what is changed here is lost.\n");
        text.append("# Use the file included below, or \"matriarchctl edit-config\".\n");
        text.append("include '")
                .append(quoted(settings.customConf()
                        .map(Path::toString)
                        .orElse(base.getFileName().toString())))
                .append("'\n\n");
        parameters.forEach((name, value) -> append(text, name, value));
        if (!parameters.containsKey("hba_file")) {
            append(text, "hba_file", settings.hbaFile().toString());
        }
        if (!parameters.containsKey("ident_file")) {
            append(text, "ident_file", settings.identFile().toString());
        }
        text.append("\n").append(RECOVERY_MARK).append("\n");
        recovery.forEach((name, value) -> append(text, name, value));
        boolean changed = writeIfDifferent(main, text.toString());
        stripAutoConf();
        return changed;
    }

    /** Writes pg_hba.conf and pg_ident.conf where the configuration has them; true if that changed one. */
    boolean writeAccess(SortedMap<String, String> parameters) throws IOException {
        boolean changed = false;
        if (!settings.hba().isEmpty() && !parameters.containsKey("hba_file")) {
            changed = writeIfDifferent(settings.hbaFile(), lines(settings.hba()));
        }
        if (!settings.ident().isEmpty() && !parameters.containsKey("ident_file")) {
            changed |= writeIfDifferent(settings.identFile(), lines(settings.ident()));
        }
        return changed;
    }

    /** Adds lines to the pg_hba.conf that initdb wrote. */
    void appendHba(List<String> more) throws IOException {
        Path hba = settings.hbaFile();
        String present = Files.exists(hba) ? Files.readString(hba) : "";
        write(hba, present + (present.isEmpty() || present.endsWith("\n") ? "" : "\n") + lines(more));
    }

    /** The recovery settings of the present postgresql.conf: what a server taken over was told to follow. */
    SortedMap<String, String> presentRecovery() {
        return present(RecoverySettings.NAMES::contains);
    }

    /** A parameter's value in the present postgresql.conf. */
    Optional<String> present(String parameter) {
        return Optional.ofNullable(present(parameter::equals).get(parameter));
    }

    private SortedMap<String, String> present(Predicate<String> wanted) {
        var found = new TreeMap<String, String>();
        try {
            for (String line : Files.readAllLines(settings.configFile(), StandardCharsets.UTF_8)) {
                int equals = line.indexOf('=');
                String name = equals < 0 ? "" : line.substring(0, equals).trim();
                if (wanted.test(name)) {
                    String value = line.substring(equals + 1).trim();
                    boolean quoted = value.length() > 1 && value.startsWith("'") && value.endsWith("'");
                    found.put(
                            name,
                            quoted
                                    ? value.substring(1, value.length() - 1)
                                            .replace("''", "'")
                                            .replace("\\\\", "\\")
                                    : value);
                }
            }
        } catch (IOException e) {
            log.debug("no present configuration: {}", e.toString());
        }
        return found;
    }

    void writeStandbySignal() throws IOException {
        Path signal = settings.dataDirectory().resolve("standby.signal");
        Files.deleteIfExists(settings.dataDirectory().resolve("recovery.signal"));
        if (!Files.exists(signal)) {
            write(signal, "");
        }
    }

    void removeSignals() throws IOException {
        Files.deleteIfExists(settings.dataDirectory().resolve("standby.signal"));
        Files.deleteIfExists(settings.dataDirectory().resolve("recovery.signal"));
    }

    boolean hasSignal() {
        return Files.exists(settings.dataDirectory().resolve("standby.signal"))
                || Files.exists(settings.dataDirectory().resolve("recovery.signal"));
    }

    /** Copies for the day a clone comes without them. */
    void saveBackups() {
        for (Path file : kept()) {
            Path copy = backup(file);
            try {
                if (Files.exists(file) && (!Files.exists(copy) || Files.mismatch(file, copy) >= 0)) {
                    Files.copy(file, copy, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.COPY_ATTRIBUTES);
                }
            } catch (IOException e) {
                log.warn("cannot keep a copy of {}: {}", file, e.toString());
            }
        }
    }

    /** Puts back what a clone came without. */
    void restoreBackups() throws IOException {
        for (Path file : kept()) {
            if (!Files.exists(file) && Files.exists(backup(file))) {
                Files.copy(backup(file), file, StandardCopyOption.COPY_ATTRIBUTES);
            }
        }
        if (!Files.exists(settings.identFile())) {
            write(settings.identFile(), "");
        }
    }

    /** Writes the password file for tools and the WAL receiver. */
    void writePassFile(Credentials who, Endpoint endpoint) throws IOException {
        Path file = settings.passFile();
        Optional<Path> folder = Optional.ofNullable(file.getParent());
        if (folder.isPresent() && !Files.isDirectory(folder.get())) {
            Files.createDirectories(folder.get());
        }
        replace(file, lines(ConnectionString.passLines(who, endpoint)), PosixFilePermissions.fromString("rw-------"));
    }

    /** Appends nothing, creates nothing twice: a directory with the permissions of the data directory. */
    void ensureDirectory(Path directory) throws IOException {
        if (!Files.isDirectory(directory)) {
            Files.createDirectories(directory);
            if (directory.startsWith(settings.dataDirectory())) {
                Files.setPosixFilePermissions(
                        directory, PosixFilePermissions.fromString(isGroupReadable() ? "rwxr-x---" : "rwx------"));
            }
        }
    }

    /** What ALTER SYSTEM wrote about recovery would override us. */
    private void stripAutoConf() throws IOException {
        Path auto = settings.dataDirectory().resolve("postgresql.auto.conf");
        if (!Files.exists(auto)) {
            return;
        }
        List<String> present = Files.readAllLines(auto, StandardCharsets.UTF_8);
        List<String> kept = present.stream()
                .filter(line -> !RecoverySettings.NAMES.contains(line.split("[\\s=]", 2)[0]))
                .toList();
        if (kept.size() < present.size()) {
            write(auto, lines(kept));
        }
    }

    private List<Path> kept() {
        var files = new ArrayList<Path>();
        files.add(settings.configFile());
        if (settings.customConf().isEmpty()) {
            files.add(settings.baseFile());
        }
        files.add(settings.hbaFile());
        files.add(settings.identFile());
        return files;
    }

    private Path backup(Path file) {
        return settings.dataDirectory().resolve(file.getFileName() + ".backup");
    }

    private boolean isGroupReadable() {
        try {
            return Files.getPosixFilePermissions(settings.dataDirectory()).contains(PosixFilePermission.GROUP_READ);
        } catch (IOException _) {
            return false;
        }
    }

    private boolean writeIfDifferent(Path file, String text) throws IOException {
        try {
            if (Files.readString(file).equals(text)) {
                return false;
            }
        } catch (NoSuchFileException _) {
            // Then it is written.
        }
        write(file, text);
        return true;
    }

    void write(Path file, String text) throws IOException {
        boolean inside = file.startsWith(settings.dataDirectory());
        String mode = !inside ? "rw-r--r--" : isGroupReadable() ? "rw-r-----" : "rw-------";
        replace(file, text, PosixFilePermissions.fromString(mode));
    }

    private static void replace(Path file, String text, Set<PosixFilePermission> mode) throws IOException {
        Path fresh = Files.createTempFile(file.toAbsolutePath().getParent(), "." + file.getFileName(), ".new");
        try {
            Files.writeString(fresh, text);
            Files.setPosixFilePermissions(fresh, mode);
            Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(fresh);
        }
    }

    private static void append(StringBuilder text, String name, String value) {
        text.append(name).append(" = '").append(quoted(value)).append("'\n");
    }

    private static String quoted(String value) {
        return value.replace("\\", "\\\\").replace("'", "''");
    }

    private static String lines(List<String> lines) {
        return lines.isEmpty() ? "" : String.join("\n", lines) + "\n";
    }
}

package io.matriarch.adapters.postgres;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Says before the server does, and in clearer words, why it will not work with a directory. */
final class DirectoryCheck {

    private static final Set<PosixFilePermission> FORBIDDEN = Set.of(
            PosixFilePermission.GROUP_WRITE,
            PosixFilePermission.OTHERS_READ,
            PosixFilePermission.OTHERS_WRITE,
            PosixFilePermission.OTHERS_EXECUTE);

    private DirectoryCheck() {}

    /** What keeps a server from starting there. */
    static List<String> problems(Path dataDirectory) {
        var problems = new ArrayList<String>();
        try {
            int owner = (Integer) Files.getAttribute(dataDirectory, "unix:uid");
            int self = (Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
            if (self == 0) {
                problems.add(
                        "the agent runs as root, which PostgreSQL refuses: run it as the owner of postgresql.data_dir "
                                + dataDirectory);
            } else if (owner != self) {
                problems.add("postgresql.data_dir " + dataDirectory + " belongs to user id " + owner
                        + ", the agent runs as user id " + self);
            }
            if (Files.getPosixFilePermissions(dataDirectory).stream().anyMatch(FORBIDDEN::contains)) {
                problems.add("postgresql.data_dir " + dataDirectory
                        + " is open to others: its permissions must be 0700 or 0750");
            }
        } catch (IOException e) {
            problems.add("cannot look at postgresql.data_dir " + dataDirectory + ": " + e.getMessage());
        }
        if (problems.isEmpty() && !Files.isWritable(dataDirectory)) {
            problems.add("postgresql.data_dir " + dataDirectory + " is not writable");
        }
        return problems;
    }

    /** Why a data directory cannot be created there; empty when it can. */
    static Optional<String> cannotCreate(Path dataDirectory) {
        if (Files.isDirectory(dataDirectory)) {
            return Files.isWritable(dataDirectory)
                    ? Optional.empty()
                    : Optional.of("postgresql.data_dir " + dataDirectory + " is not writable");
        }
        if (Files.exists(dataDirectory)) {
            return Optional.of("postgresql.data_dir " + dataDirectory + " is not a directory");
        }
        Path parent = dataDirectory.toAbsolutePath().getParent();
        while (parent != null && !Files.exists(parent)) {
            parent = parent.getParent();
        }
        return parent != null && Files.isWritable(parent)
                ? Optional.empty()
                : Optional.of(
                        "postgresql.data_dir " + dataDirectory + " cannot be created: " + parent + " is not writable");
    }
}

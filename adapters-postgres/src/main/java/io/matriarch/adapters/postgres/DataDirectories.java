package io.matriarch.adapters.postgres;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Removes and renames a data directory with what its links lead to. Every removal is logged with its reason. */
final class DataDirectories {

    private static final Logger log = LoggerFactory.getLogger(DataDirectories.class);

    private DataDirectories() {}

    /** Removes everything; what cannot be removed is renamed, so that it is not taken for a whole server. */
    static void remove(Path directory, String why) throws IOException {
        log.warn("Removing data directory: {} ({})", directory, why);
        try {
            removeLinked(directory);
            if (Files.isSymbolicLink(directory)) {
                removeContents(directory);
            } else if (Files.exists(directory)) {
                removeTree(directory);
            }
        } catch (IOException e) {
            log.error("Could not remove data directory {}: {}", directory, e.toString());
            setAside(directory);
        }
    }

    /** Empties a directory and leaves it there, with its owner, its permissions and whatever is mounted on it. */
    static void empty(Path directory, String why) throws IOException {
        log.warn("Removing data directory: {} ({})", directory, why);
        removeLinked(directory);
        removeContents(directory);
    }

    static void removeContents(Path directory) throws IOException {
        if (!Files.isDirectory(directory)) {
            return;
        }
        for (Path entry : entries(directory)) {
            if (!entry.getFileName().toString().equals("lost+found")) {
                removeTree(entry);
            }
        }
    }

    private static void removeLinked(Path directory) throws IOException {
        Path wal = directory.resolve("pg_wal");
        if (Files.isSymbolicLink(wal)) {
            Path target = resolve(wal);
            log.warn("Removing WAL directory: {}", target);
            removeContents(target);
        }
        for (Path link : tablespaces(directory)) {
            Path target = resolve(link);
            log.warn("Removing user defined tablespace directory: {}", target);
            try {
                removeContents(target);
            } catch (IOException e) {
                log.warn("cannot remove tablespace directory {}: {}", target, e.toString());
            }
        }
    }

    /** Renames the directory, and what its links lead to, to {@code .failed}. */
    static void setAside(Path directory) throws IOException {
        Path wal = directory.resolve("pg_wal");
        if (Files.isSymbolicLink(wal)) {
            relink(wal);
        }
        for (Path link : tablespaces(directory)) {
            relink(link);
        }
        Path target = failed(directory);
        removeOlder(target);
        Files.move(directory, target);
        log.warn("renamed data directory {} to {}", directory, target);
    }

    private static void relink(Path link) throws IOException {
        Path from = resolve(link);
        Path to = failed(from);
        if (Files.exists(from)) {
            removeOlder(to);
            Files.move(from, to);
        }
        Files.delete(link);
        Files.createSymbolicLink(link, to);
    }

    /** Only the newest failure is kept. */
    private static void removeOlder(Path failed) throws IOException {
        if (Files.exists(failed, LinkOption.NOFOLLOW_LINKS)) {
            log.warn("Removing data directory: {} (left by an earlier failure, a newer one takes its name)", failed);
            removeTree(failed);
        }
    }

    private static Path failed(Path path) {
        return path.resolveSibling(path.getFileName() + ".failed");
    }

    private static Path resolve(Path link) throws IOException {
        return link.resolveSibling(Files.readSymbolicLink(link)).normalize();
    }

    private static List<Path> tablespaces(Path directory) throws IOException {
        Path folder = directory.resolve("pg_tblspc");
        var links = new ArrayList<Path>();
        if (Files.isDirectory(folder)) {
            entries(folder).stream().filter(Files::isSymbolicLink).forEach(links::add);
        }
        return links;
    }

    private static List<Path> entries(Path directory) throws IOException {
        try (Stream<Path> entries = Files.list(directory)) {
            return entries.sorted().toList();
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    /** Deletes a tree without following links. */
    private static void removeTree(Path tree) throws IOException {
        if (!Files.exists(tree, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        Files.walkFileTree(tree, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.deleteIfExists(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path folder, IOException problem) throws IOException {
                Files.deleteIfExists(folder);
                return FileVisitResult.CONTINUE;
            }
        });
    }
}

package io.matriarch.app.acceptance;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** What the scenarios need of the project and the machine. */
final class Project {

    private static final Path IMAGE = Path.of("target", "matriarch").toAbsolutePath();

    private Project() {}

    /** A file of the project's; tests run in their module's folder. */
    static Path file(String path) {
        Path file = Path.of("..").toAbsolutePath().normalize().resolve(path);
        if (!Files.exists(file)) {
            throw new IllegalStateException("no " + file);
        }
        return file;
    }

    /** The image, or a copy in {@code folder} where the members' user can't read the checkout. */
    static Path image(Path folder) {
        if (!Files.isExecutable(IMAGE.resolve("bin/matriarch"))) {
            throw new IllegalStateException("no image in " + IMAGE + ": mvn package makes it");
        }
        Path java = IMAGE.resolve("runtime/bin/java");
        if (Commands.run(User.command("test", "-x", java.toString()).toArray(String[]::new))
                        .status()
                == 0) {
            return IMAGE;
        }
        Path copy = folder.resolve("matriarch");
        // The AOT caches compare the times of the jars, so these have to be kept.
        Commands.run("cp", "-a", IMAGE.toString(), copy.toString()).succeeded();
        return copy;
    }

    /** Where the newest PostgreSQL of the machine has its programs. */
    static Path postgres() {
        for (String parent : List.of("/usr/lib/postgresql", "/usr")) {
            try (Stream<Path> entries = Files.list(Path.of(parent))) {
                var newest = entries.map(entry -> entry.resolve("bin"))
                        .filter(bin -> Files.isExecutable(bin.resolve("initdb"))
                                && Files.isExecutable(bin.resolve("postgres")))
                        .max(Comparator.comparing(bin -> version(bin.getParent())));
                if (newest.isPresent()) {
                    return newest.get();
                }
            } catch (IOException e) {
                // Another distribution keeps it elsewhere.
                continue;
            }
        }
        for (String folder : System.getenv().getOrDefault("PATH", "").split(":")) {
            if (Files.isExecutable(Path.of(folder, "initdb"))) {
                return realParent(Path.of(folder, "initdb"));
            }
        }
        throw new IllegalStateException("no PostgreSQL server on this machine");
    }

    private static int version(Path folder) {
        String digits = folder.getFileName().toString().replaceAll("[^0-9]", "");
        return digits.isEmpty() ? 0 : Integer.parseInt(digits);
    }

    private static Path realParent(Path file) {
        try {
            return file.toRealPath().getParent();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

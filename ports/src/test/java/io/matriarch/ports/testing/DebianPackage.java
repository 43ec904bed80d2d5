package io.matriarch.ports.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/**
 * A real server's package of a Debian release, unpacked into the user's cache and never installed.
 *
 * <p>{@code bin/lib/debsuite} fetches it; apt checks its signature. The Debian mirror is that of the machine's own apt
 * sources, or {@code DEBIAN_MIRROR}.
 */
public final class DebianPackage {

    private DebianPackage() {}

    /**
     * The directory that stands for {@code /} of the unpacked package, {@code usr/bin/etcd} below it.
     *
     * @param suite a Debian release: bullseye, bookworm, trixie
     */
    public static synchronized Path unpacked(String suite, String name) {
        var cache = cache().resolve("debian").resolve(suite);
        var target = cache.resolve(name);
        try {
            Files.createDirectories(cache);
            // Several test runs may want it at the same time; the rename shows only what is complete.
            try (var channel = FileChannel.open(
                            cache.resolve(name + ".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                    var _ = channel.lock()) {
                if (!Files.isDirectory(target)) {
                    fetch(suite, name, cache, target);
                }
            }
            return target;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot unpack " + name + " of " + suite, e);
        }
    }

    private static void fetch(String suite, String name, Path cache, Path target) throws IOException {
        var partial = Files.createTempDirectory(cache, name + ".part");
        var output = Files.createTempFile(cache, name, ".log");
        var script = script().toString();
        var process = new ProcessBuilder(script, suite, name, partial.toString())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        try {
            if (process.waitFor() != 0) {
                throw new IOException(script + " " + suite + " " + name + " failed: " + Files.readString(output));
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while fetching " + name, e);
        } finally {
            Files.deleteIfExists(output);
        }
        Files.move(partial, target, StandardCopyOption.ATOMIC_MOVE);
    }

    private static Path cache() {
        return Optional.ofNullable(System.getenv("XDG_CACHE_HOME"))
                .filter(text -> !text.isEmpty())
                .map(Path::of)
                .orElseGet(() -> Path.of(System.getProperty("user.home"), ".cache"))
                .resolve("matriarch");
    }

    /** Tests run in their module's folder; the script is in the project's. */
    private static Path script() {
        for (var folder = Path.of("").toAbsolutePath(); folder != null; folder = folder.getParent()) {
            var script = folder.resolve("bin/lib/debsuite");
            if (Files.isExecutable(script)) {
                return script;
            }
        }
        throw new IllegalStateException(
                "no bin/lib/debsuite above " + Path.of("").toAbsolutePath());
    }
}

package io.matriarch.app.config;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The last dynamic configuration, kept in the data directory: a member that starts while the store is empty goes on
 * with it. A file that cannot be read or written costs a line in the log and nothing else.
 */
public final class DynamicConfigCache {

    public static final String FILE = "patroni.dynamic.json";

    private static final Logger log = LoggerFactory.getLogger(DynamicConfigCache.class);

    private final Path dataDirectory;

    public DynamicConfigCache(Path dataDirectory) {
        this.dataDirectory = dataDirectory;
    }

    /** The document as it was written last. */
    public Optional<Map<String, Object>> load() {
        Path file = dataDirectory.resolve(FILE);
        if (!Files.isRegularFile(file)) {
            return Optional.empty();
        }
        try {
            return parse(Files.readString(file));
        } catch (IOException e) {
            log.error("the cached configuration {} can't be read and is ignored: {}", file, e.toString());
            return Optional.empty();
        }
    }

    /**
     * Writes the document over the one before. A crash leaves either the old file or the new one.
     *
     * @return whether it is on disk
     */
    public boolean save(Map<String, Object> tree) {
        try {
            Set<PosixFilePermission> modes = modes();
            Path temporary = Files.createTempFile(dataDirectory, FILE, "", PosixFilePermissions.asFileAttribute(modes));
            try {
                // The process's umask may have taken from the modes.
                Files.setPosixFilePermissions(temporary, modes);
                try (FileChannel channel = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
                    ByteBuffer text = StandardCharsets.UTF_8.encode(json(tree));
                    while (text.hasRemaining()) {
                        channel.write(text);
                    }
                    channel.force(true);
                }
                Files.move(
                        temporary,
                        dataDirectory.resolve(FILE),
                        StandardCopyOption.ATOMIC_MOVE,
                        StandardCopyOption.REPLACE_EXISTING);
            } finally {
                Files.deleteIfExists(temporary);
            }
            return true;
        } catch (IOException | UnsupportedOperationException e) {
            log.error("the configuration can't be cached in {}: {}", dataDirectory, e.toString());
            return false;
        }
    }

    /** Who may read the data directory may read this. */
    private Set<PosixFilePermission> modes() throws IOException {
        boolean group = Files.getPosixFilePermissions(dataDirectory).contains(PosixFilePermission.GROUP_READ);
        return PosixFilePermissions.fromString(group ? "rw-r-----" : "rw-------");
    }

    /** A JSON object, or empty for everything else. */
    public static Optional<Map<String, Object>> parse(String json) {
        try {
            Object value = Json.parse(json);
            Optional<Map<String, Object>> map = Trees.asMap(value);
            if (map.isEmpty()) {
                log.error("a dynamic configuration is no object but {}", value == null ? "null" : value.getClass());
            }
            return map.map(LinkedHashMap::new);
        } catch (Json.SyntaxException e) {
            log.error("a dynamic configuration is no JSON: {}", e.getMessage());
            return Optional.empty();
        }
    }

    /** The compact form in which the document is stored. */
    public static String json(Map<String, Object> tree) {
        return Json.compact(tree);
    }
}

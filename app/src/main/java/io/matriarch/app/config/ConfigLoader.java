package io.matriarch.app.config;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds and reads the configuration of this member: the file or directory of the command line with the environment
 * over it, else {@code PATRONI_CONFIGURATION}, else what the single {@code PATRONI_*} variables say.
 *
 * <p>A Java process cannot take variables out of its own environment, so those of PostgreSQL's processes have to be
 * filtered where they are started.
 */
public final class ConfigLoader {

    private static final Logger log = LoggerFactory.getLogger(ConfigLoader.class);

    private static final String WHOLE_DOCUMENT = EnvironmentOverlay.PREFIX + "CONFIGURATION";

    private ConfigLoader() {}

    /**
     * Reads the configuration.
     *
     * @param path what the command line names; a path that does not exist counts as none
     * @throws ConfigException when there is no configuration, or a file that is none
     */
    public static LocalConfig load(Optional<Path> path, Map<String, String> environment) {
        Optional<Path> existing = path.filter(Files::exists);
        String document = environment.getOrDefault(WHOLE_DOCUMENT, "");
        LocalConfig config;
        if (existing.isPresent()) {
            Map<String, Object> overlay = EnvironmentOverlay.of(environment);
            config = new LocalConfig(
                    Trees.patch(readPath(existing.get()), overlay),
                    new LocalConfig.Origin.Files(existing.get().toAbsolutePath(), overlay));
        } else if (!document.isBlank()) {
            config = LocalConfig.of(parsed(document, WHOLE_DOCUMENT));
        } else {
            config = LocalConfig.of(EnvironmentOverlay.of(environment));
        }
        if (config.tree().isEmpty()) {
            throw new ConfigException(path.filter(p -> existing.isEmpty())
                    .map(p -> "Config is empty.\nhint: " + p + " does not exist")
                    .orElse("Config is empty."));
        }
        return config;
    }

    static Map<String, Object> readPath(Path path) {
        if (Files.isRegularFile(path)) {
            return readFile(path);
        }
        if (!Files.isDirectory(path)) {
            // Such as a pipe: /dev/stdin and what a shell makes of <(...).
            if (Files.exists(path) && Files.isReadable(path)) {
                return readFile(path);
            }
            log.error("config path {} is neither directory nor file", path);
            throw new ConfigException("invalid config path " + path);
        }
        Map<String, Object> tree = new LinkedHashMap<>();
        for (Path file : filesOf(path)) {
            tree = Trees.patch(tree, readFile(file));
        }
        return tree;
    }

    private static List<Path> filesOf(Path directory) {
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(Files::isRegularFile)
                    .filter(file ->
                            file.toString().endsWith(".yml") || file.toString().endsWith(".yaml"))
                    .sorted((a, b) ->
                            a.getFileName().toString().compareTo(b.getFileName().toString()))
                    .toList();
        } catch (IOException e) {
            throw new ConfigException("invalid config path " + directory + ": " + e, e);
        }
    }

    private static Map<String, Object> readFile(Path file) {
        try {
            return parsed(Files.readString(file), file.toString());
        } catch (CharacterCodingException e) {
            throw new ConfigException("invalid config file " + file + ": not UTF-8", e);
        } catch (IOException e) {
            throw new ConfigException("invalid config file " + file + ": can't be read, " + e, e);
        }
    }

    private static Map<String, Object> parsed(String text, String name) {
        Optional<Object> tree;
        try {
            tree = YamlTree.load(text);
        } catch (YamlSyntaxException e) {
            throw new ConfigException("invalid config file " + name + ": " + e.getMessage(), e);
        }
        return tree.flatMap(Trees::asMap).orElseThrow(() -> {
            log.error("{} does not contain a dict", name);
            return new ConfigException("invalid config file " + name);
        });
    }
}

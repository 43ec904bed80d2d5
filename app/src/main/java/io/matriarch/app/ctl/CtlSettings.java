package io.matriarch.app.ctl;

import io.matriarch.app.config.ConfigException;
import io.matriarch.app.config.ConfigLoader;
import io.matriarch.app.config.LocalConfig;
import io.matriarch.app.config.TreeSection;
import io.matriarch.app.config.Trees;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Finds the command line's configuration: the same YAML as the agent's, and a URL of the store laid over it. */
final class CtlSettings {

    static final String FILE_VARIABLE = "PATRONICTL_CONFIG_FILE";
    static final String URL_VARIABLE = "DCS_URL";

    /** What {@code -d} replaces; a store that is part of the agent has no URL. */
    private static final List<String> STORES_WITH_URL = List.of("consul", "etcd", "etcd3", "exhibitor", "zookeeper");

    private CtlSettings() {}

    /**
     * Reads the configuration.
     *
     * @param file value of {@code -c}
     * @param url value of {@code -d}
     * @throws CtlException when a file that was named cannot be read, or the URL's scheme is unknown
     */
    static TreeSection load(
            Optional<String> file, Optional<String> url, boolean insecure, Map<String, String> environment) {
        Map<String, Object> tree = new LinkedHashMap<>(readFiles(file, environment));
        url.or(() -> variable(environment, URL_VARIABLE)).ifPresent(text -> layOver(tree, StoreUrl.parse(text)));
        if (insecure) {
            Map<String, Object> ctl = new LinkedHashMap<>(Trees.mapAt(tree, "ctl"));
            ctl.put("insecure", true);
            tree.put("ctl", ctl);
        }
        return TreeSection.of("", tree);
    }

    private static Map<String, Object> readFiles(Optional<String> file, Map<String, String> environment) {
        Optional<Path> named =
                file.or(() -> variable(environment, FILE_VARIABLE)).map(Path::of);
        named.filter(path -> !Files.isReadable(path)).ifPresent(path -> {
            throw new CtlException("Provided config file " + path
                    + " not existing or no read rights. Check the -c/--config-file parameter");
        });
        Optional<Path> path = named.or(() -> defaultFile(environment).filter(Files::isReadable));
        boolean anything =
                path.isPresent() || environment.keySet().stream().anyMatch(name -> name.startsWith("PATRONI_"));
        if (!anything) {
            return Map.of();
        }
        try {
            return ConfigLoader.load(path, environment).tree();
        } catch (ConfigException e) {
            if (path.isEmpty() && variable(environment, "PATRONI_CONFIGURATION").isEmpty()) {
                return LocalConfig.of(Map.of()).tree();
            }
            throw new CtlException(e.getMessage(), e);
        }
    }

    private static Optional<Path> defaultFile(Map<String, String> environment) {
        return variable(environment, "XDG_CONFIG_HOME")
                .or(() -> variable(environment, "HOME").map(home -> home + "/.config"))
                .map(folder -> Path.of(folder, "patroni", "patronictl.yaml"));
    }

    private static Optional<String> variable(Map<String, String> environment, String name) {
        return Optional.ofNullable(environment.get(name)).filter(value -> !value.isEmpty());
    }

    private static void layOver(Map<String, Object> tree, StoreUrl url) {
        STORES_WITH_URL.forEach(tree::remove);
        tree.put(url.scheme(), Map.of(url.scheme().equals("zookeeper") ? "hosts" : "host", url.address()));
        url.namespace().ifPresent(namespace -> tree.put("namespace", namespace));
    }
}

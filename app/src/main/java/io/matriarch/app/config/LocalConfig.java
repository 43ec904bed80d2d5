package io.matriarch.app.config;

import io.matriarch.ports.plugin.ConfigProblem;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The configuration of this member: files overlaid by environment, or the environment alone. Immutable; {@link #reload}
 * gives a new one.
 *
 * @param tree the merged tree, without keys that have no value
 * @param origin where it was read, and how to read it again
 */
public record LocalConfig(Map<String, Object> tree, Origin origin) {

    /** Where a configuration came from. */
    public sealed interface Origin {

        /** A file or a directory, and what the environment said when the process began. */
        record Files(Path path, Map<String, Object> overlay) implements Origin {
            public Files {
                overlay = Trees.frozen(overlay);
            }

            @Override
            public String toString() {
                return path.toString();
            }
        }

        /** {@code PATRONI_CONFIGURATION} or single variables: nothing that could change while the process lives. */
        record Environment() implements Origin {}
    }

    public LocalConfig {
        tree = Trees.frozen(LegacyShapes.normalized(Trees.withoutNulls(tree)));
    }

    /** A tree as a configuration, for tests and for the command line. */
    public static LocalConfig of(Map<String, Object> tree) {
        return new LocalConfig(tree, new Origin.Environment());
    }

    /**
     * Reads the files again under the remembered environment; the process's environment of now plays no role.
     *
     * @throws ConfigException when the files cannot be used any more
     */
    public LocalConfig reload() {
        return switch (origin) {
            case Origin.Files files ->
                new LocalConfig(Trees.patch(ConfigLoader.readPath(files.path()), files.overlay()), origin);
            case Origin.Environment environment -> this;
        };
    }

    /** Whether both say the same, as the reference compares: leaves as text. */
    public boolean sameAs(LocalConfig other) {
        return Trees.same(tree, other.tree);
    }

    /** The whole tree, read key by key; problems of this reading are collected apart from those of any other. */
    public TreeSection root() {
        return root(new ArrayList<>());
    }

    TreeSection root(List<ConfigProblem> problems) {
        return new TreeSection("", tree, problems);
    }

    /** Passwords are all over the tree, so it is not shown. */
    @Override
    public String toString() {
        return "LocalConfig[" + origin + ", keys=" + tree.keySet() + "]";
    }
}

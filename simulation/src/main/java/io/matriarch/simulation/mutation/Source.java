package io.matriarch.simulation.mutation;

import java.nio.file.Path;

/**
 * A production class.
 *
 * @param name below {@code io.matriarch}, with slashes
 */
record Source(String module, String name) {

    static Source domain(String name) {
        return new Source("domain", "domain/" + name);
    }

    static Source loop(String name) {
        return new Source("app", "app/loop/" + name);
    }

    static Source raft(String name) {
        return new Source("adapters-raft", "adapters/raft/" + name);
    }

    /** The class's full name. */
    String className() {
        return "io.matriarch." + name.replace('/', '.');
    }

    Path path(Path root) {
        return root.resolve(module).resolve("src/main/java/io/matriarch").resolve(name + ".java");
    }
}

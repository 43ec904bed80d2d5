package io.matriarch.adapters.postgres;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The servers of one test; all of them end with it. */
final class Cluster implements AutoCloseable {

    private final Path folder;
    private final List<Instance> instances = new ArrayList<>();

    Cluster(Path folder) {
        this.folder = folder;
    }

    Instance member(String name) throws Exception {
        var instance = new Instance(folder, name);
        instances.add(instance);
        return instance;
    }

    @Override
    public void close() {
        instances.forEach(Instance::close);
    }
}

package io.matriarch.ports.plugin;

import com.google.inject.Module;
import java.util.Set;

/** An adapter, found with {@link java.util.ServiceLoader}. Each port is served by the plugin whose section is there. */
public interface AdapterPlugin {

    /** The ports it binds. */
    Set<Class<?>> ports();

    /** The section of the configuration it is for: {@code etcd3}, {@code consul}, {@code raft}, {@code postgresql}. */
    String section();

    /**
     * A module that binds the ports. What it needs and does not bind itself (the clock, the {@link DcsContext}) is bound
     * by the application.
     *
     * @throws ConfigProblems when the section cannot be used
     */
    Module module(ConfigSection settings);
}

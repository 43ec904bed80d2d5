package io.matriarch.domain.postgres;

import java.util.Arrays;
import java.util.Optional;

/** What a member says of its server. The order is that of the reference's metric and never changes. */
public enum ServerState {
    INITIALIZING("initializing new cluster"),
    INITDB_FAILED("initdb failed"),
    CUSTOM_BOOTSTRAP("running custom bootstrap script"),
    CUSTOM_BOOTSTRAP_FAILED("custom bootstrap failed"),
    CREATING_REPLICA("creating replica"),
    RUNNING("running"),
    STARTING("starting"),
    STARTING_AFTER_BOOTSTRAP("starting after custom bootstrap"),
    START_FAILED("start failed"),
    RESTARTING("restarting"),
    RESTART_FAILED("restart failed"),
    STOPPING("stopping"),
    STOPPED("stopped"),
    STOP_FAILED("stop failed"),
    CRASHED("crashed");

    private final String text;

    ServerState(String text) {
        this.text = text;
    }

    public String text() {
        return text;
    }

    /** Whether a server is on its way up. */
    public boolean isStarting() {
        return this == STARTING || this == STARTING_AFTER_BOOTSTRAP || this == RESTARTING;
    }

    /** Whether a new cluster is being made. */
    public boolean isInitializing() {
        return this == INITIALIZING || this == CUSTOM_BOOTSTRAP || this == STARTING_AFTER_BOOTSTRAP;
    }

    public static Optional<ServerState> parse(String text) {
        return Arrays.stream(values()).filter(state -> state.text.equals(text)).findFirst();
    }
}

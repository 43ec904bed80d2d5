package io.matriarch.adapters.postgres;

import static io.matriarch.adapters.postgres.StopTest.until;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The order of callbacks, whatever they do. */
final class CallbacksTest {

    private static final Duration LONG = Duration.ofSeconds(60);

    @TempDir
    Path folder;

    private Path log;
    private Path gate;

    @BeforeEach
    void files() {
        log = folder.resolve("log");
        gate = folder.resolve("gate");
    }

    private String script(String name, String body) throws Exception {
        Path script = folder.resolve(name);
        Files.writeString(script, "#!/bin/sh\n" + body + "\n");
        assertThat(script.toFile().setExecutable(true)).isTrue();
        return script.toString();
    }

    private String quick() throws Exception {
        return script("quick", "echo $1 $2 >> " + log);
    }

    /** One that goes on until the gate is opened. */
    private String slow() throws Exception {
        return script(
                "slow",
                "echo begun $1 $2 >> " + log + "\nwhile [ ! -e " + gate + " ]; do sleep 0.01; done\necho ended $1 >> "
                        + log);
    }

    private List<String> lines() throws Exception {
        return Files.exists(log) ? Files.readAllLines(log) : List.of();
    }

    @Test
    @DisplayName("W-23 a callback that takes its time is not ended by the next one, which waits for it")
    void order() throws Exception {
        var callbacks = new Callbacks(LONG);
        Map<String, String> commands = Map.of("on_role_change", slow(), "on_stop", quick(), "on_reload", quick());
        callbacks.run(commands, "on_role_change", "primary", "demo");
        until(() -> lines().contains("begun on_role_change primary"));
        callbacks.run(commands, "on_stop", "primary", "demo");
        callbacks.run(commands, "on_reload", "primary", "demo");
        until(() -> lines().contains("on_reload primary"));
        assertThat(lines()).as("on_reload has a lane of its own").doesNotContain("on_stop primary");
        Files.createFile(gate);
        until(() -> lines().contains("on_stop primary"));
        assertThat(lines())
                .containsExactly(
                        "begun on_role_change primary", "on_reload primary", "ended on_role_change", "on_stop primary");
    }

    @Test
    @DisplayName("W-23 one that hangs while another waits is ended with its children when its time is over")
    void hanging() throws Exception {
        var callbacks = new Callbacks(Duration.ofMillis(300));
        String marker =
                Integer.toString(700_000 + (int) (ProcessHandle.current().pid() % 100_000));
        Map<String, String> commands = Map.of(
                "on_role_change",
                script("hanging", "echo hangs >> " + log + "\nsleep " + marker + "\necho never >> " + log),
                "on_stop",
                quick());
        callbacks.run(commands, "on_role_change", "replica", "demo");
        until(() -> lines().contains("hangs"));
        callbacks.run(commands, "on_stop", "replica", "demo");
        until(() -> lines().contains("on_stop replica"));
        assertThat(lines()).containsExactly("hangs", "on_stop replica");
        until(() -> ProcessHandle.allProcesses()
                .noneMatch(process -> process.info().commandLine().orElse("").endsWith("sleep " + marker)));
    }

    @Test
    @DisplayName("W-23 of one action that waits twice in a row only the later is run; others keep their order")
    void repeated() throws Exception {
        var callbacks = new Callbacks(LONG);
        Map<String, String> commands = Map.of("on_start", slow(), "on_role_change", quick(), "on_stop", quick());
        callbacks.run(commands, "on_start", "replica", "demo");
        until(() -> lines().contains("begun on_start replica"));
        callbacks.run(commands, "on_role_change", "primary", "demo");
        callbacks.run(commands, "on_role_change", "replica", "demo");
        callbacks.run(commands, "on_stop", "replica", "demo");
        Files.createFile(gate);
        until(() -> lines().contains("on_stop replica"));
        assertThat(lines())
                .containsExactly(
                        "begun on_start replica", "ended on_start", "on_role_change replica", "on_stop replica");
    }

    @Test
    @DisplayName("a command that cannot be run holds up nothing, and an agent that ends first begins what waits")
    void ending() throws Exception {
        var callbacks = new Callbacks(LONG);
        Map<String, String> commands =
                Map.of("on_start", folder.resolve("missing").toString(), "on_role_change", slow(), "on_stop", quick());
        callbacks.run(commands, "on_start", "primary", "demo");
        callbacks.run(commands, "on_role_change", "primary", "demo");
        callbacks.run(commands, "on_stop", "primary", "demo");
        callbacks.awaitBegun(Duration.ofMillis(50));
        assertThat(lines()).doesNotContain("on_stop primary");
        Files.createFile(gate);
        callbacks.awaitBegun(LONG);
        until(() -> lines().contains("on_stop primary"));
    }
}

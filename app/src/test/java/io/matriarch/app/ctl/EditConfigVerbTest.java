package io.matriarch.app.ctl;

import static org.assertj.core.api.Assertions.assertThat;

import io.matriarch.app.ctl.CtlFixture.Result;
import io.matriarch.ports.dcs.StoreKey;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EditConfigVerbTest {

    private static final String CONFIG =
            "{\"loop_wait\":10,\"postgresql\":{\"parameters\":{\"max_connections\":100}},\"retry_timeout\":10,\"ttl\":30}";

    @TempDir
    Path folder;

    private final CtlFixture fixture = new CtlFixture().put(StoreKey.CONFIG, CONFIG);

    private String config() {
        return fixture.stored(StoreKey.CONFIG);
    }

    @Test
    @DisplayName("CTL-093 CTL-103 --set: a diff with three lines of context, then the change")
    void set() {
        assertThat(fixture.run("edit-config", "-s", "ttl=45", "--force")).isEqualTo(new Result(0, """
                --- \n+++ \n@@ -3,4 +3,4 @@
                   parameters:
                     max_connections: 100
                 retry_timeout: 10
                -ttl: 30
                +ttl: 45

                Configuration changed
                """, ""));
        assertThat(config()).isEqualTo(CONFIG.replace("\"ttl\":30", "\"ttl\":45"));
    }

    @Test
    @DisplayName("CTL-094 null deletes, empty parents included; a scalar on the way is replaced")
    void delete() {
        fixture.run(
                "edit-config", "-q", "-s", "postgresql.parameters.max_connections=null", "-s", "ttl.x=1", "--force");
        assertThat(config()).isEqualTo("{\"loop_wait\":10,\"retry_timeout\":10,\"ttl\":{\"x\":1}}");
    }

    @Test
    @DisplayName("CTL-095 --pg: names with dots are one name; values are YAML")
    void parameter() {
        fixture.run(
                "edit-config", "-q", "-p", "my.ext=1", "-p", "fsync='on'", "-s", "slots.a={type: physical}", "--force");
        assertThat(config())
                .contains("\"parameters\":{\"max_connections\":100,\"my.ext\":1,\"fsync\":\"on\"}")
                .contains("\"slots\":{\"a\":{\"type\":\"physical\"}}");
    }

    @Test
    @DisplayName("CTL-096 nothing changed")
    void unchanged() {
        assertThat(fixture.run("edit-config", "-s", "ttl=30")).isEqualTo(new Result(0, "Not changed\n", ""));
        assertThat(fixture.run("edit-config", "-q", "-s", "ttl=30")).isEqualTo(new Result(0, "", ""));
    }

    @Test
    @DisplayName("CTL-097 replace, then apply, then set, then pg")
    void order() throws IOException {
        Path apply = Files.writeString(folder.resolve("a.yml"), "ttl: 2\nloop_wait: null\npostgresql: {x: 1}\n");
        Path replace = Files.writeString(folder.resolve("r.yml"), "ttl: 1\nloop_wait: 5\npostgresql: {y: 1}\n");
        fixture.run(
                "edit-config",
                "-p",
                "a=1",
                "-s",
                "ttl=3",
                "--apply",
                apply.toString(),
                "--replace",
                replace.toString(),
                "--force");
        assertThat(config()).isEqualTo("{\"ttl\":3,\"postgresql\":{\"y\":1,\"x\":1,\"parameters\":{\"a\":1}}}");
    }

    @Test
    @DisplayName("CTL-098 standard input needs --force")
    void standardInput() {
        Result result = fixture.runWith("ttl: 45\n", "edit-config", "--apply", "-");
        assertThat(result.status()).isZero();
        assertThat(result.out()).endsWith("+ttl: 45\n\nUse --force option to apply changes\n");
        assertThat(config()).isEqualTo(CONFIG);
        assertThat(fixture.runWith("ttl: 45\n", "edit-config", "-q", "--apply", "-", "--force")
                        .out())
                .isEqualTo("Configuration changed\n");
    }

    @Test
    @DisplayName("CTL-099 declined: nothing happens, exit status 0")
    void declined() {
        Result result = fixture.runWith("n\n", "edit-config", "-s", "ttl=45");
        assertThat(result.status()).isZero();
        assertThat(result.out()).endsWith("\nApply these changes? [y/N]: ");
        assertThat(config()).isEqualTo(CONFIG);
    }

    @Test
    @DisplayName("CTL-100 somebody else has changed it meanwhile")
    void conflict() {
        // The operator thinks so long that the answer comes after the other change.
        InputStream slow = new ByteArrayInputStream("y\n".getBytes(StandardCharsets.UTF_8)) {
            @Override
            public synchronized int read(byte[] buffer, int offset, int length) {
                fixture.put(StoreKey.CONFIG, "{\"ttl\":60}");
                return super.read(buffer, offset, length);
            }
        };
        Result result = fixture.runWith(slow, "edit-config", "-s", "ttl=45");
        assertThat(result.status()).isEqualTo(1);
        assertThat(result.err()).isEqualTo("Error: Config modification aborted due to concurrent changes\n");
        assertThat(config()).isEqualTo("{\"ttl\":60}");
    }

    private void editor(String script) throws IOException {
        Path editor = Files.writeString(folder.resolve("editor.sh"), "#!/bin/sh\n" + script + "\n");
        Files.setPosixFilePermissions(editor, PosixFilePermissions.fromString("rwxr-xr-x"));
        fixture.environment.put("EDITOR", editor.toString());
    }

    @Test
    @DisplayName("CTL-101 the operator's editor")
    void editor() throws IOException {
        editor("case $1 in *batman-config-*.yaml) sed -i s/30/31/ \"$1\" ;; esac");
        assertThat(fixture.runWith("y\n", "edit-config").out())
                .endsWith("-ttl: 30\n+ttl: 31\n\nApply these changes? [y/N]: Configuration changed\n");
        assertThat(config()).contains("\"ttl\":31");
        editor("exit 3");
        assertThat(fixture.run("edit-config"))
                .isEqualTo(new Result(1, "", "Error: Editor exited with return code 3\n"));
        editor("exit 0");
        assertThat(fixture.run("edit-config").out()).isEqualTo("Not changed\n");
        fixture.environment.remove("EDITOR");
        fixture.environment.put("PATH", folder.toString());
        assertThat(fixture.run("edit-config").err())
                .isEqualTo("Error: EDITOR environment variable is not set. editor or vi are not available\n");
    }

    @Test
    @DisplayName("CTL-102 CTL-104 a pair without =, a cluster without a document")
    void errors() {
        assertThat(fixture.run("edit-config", "-s", "ttl").err()).isEqualTo("Error: Invalid parameter setting ttl\n");
        assertThat(fixture.run("edit-config", "nosuch", "-s", "ttl=1").err())
                .isEqualTo("Error: The config key does not exist in the cluster nosuch\n");
    }
}

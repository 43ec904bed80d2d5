package io.matriarch.app.acceptance;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Who runs the members: root's runs hand them to {@code postgres}, everyone else's keep them. */
final class User {

    private static final boolean ROOT = Hosts.isRoot();

    private User() {}

    static String name() {
        return ROOT ? "postgres" : System.getProperty("user.name");
    }

    /** The command, run as the members' user. */
    static List<String> command(String... command) {
        if (!ROOT) {
            return List.of(command);
        }
        var whole =
                new ArrayList<>(List.of("setpriv", "--reuid=" + name(), "--regid=" + name(), "--init-groups", "--"));
        whole.addAll(List.of(command));
        return whole;
    }

    /** Gives a file or folder, and what is in it, to the members' user. */
    static Path own(Path path) {
        if (ROOT) {
            Commands.run("chown", "-R", name() + ":", path.toString()).succeeded();
        }
        return path;
    }
}

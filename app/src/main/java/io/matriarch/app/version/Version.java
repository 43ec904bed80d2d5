package io.matriarch.app.version;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Properties;

/** The two versions Matriarch has: its own, and the one other members and tools compare with. */
public final class Version {

    /**
     * The version told to whoever expects Patroni: members and tools parse three integers from it, so our own version
     * travels in a field of its own.
     */
    public static final String PATRONI = "4.1.4";

    private Version() {}

    /** Matriarch's own version, as the build wrote it, such as {@code 0.1.0-SNAPSHOT}. */
    public static String own() {
        return Own.VERSION;
    }

    /** Read at the first use only: most runs of the command line never ask. */
    private static final class Own {

        static final String VERSION = read();

        private static String read() {
            var properties = new Properties();
            try (var in = Version.class.getResourceAsStream("version.properties")) {
                if (in == null) {
                    throw new IllegalStateException("version.properties is missing beside " + Version.class.getName());
                }
                properties.load(in);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return properties.getProperty("version");
        }
    }
}

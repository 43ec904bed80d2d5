package io.matriarch.ports.plugin;

/**
 * One thing that is wrong with the configuration.
 *
 * @param path the key with its parents, {@code raft.self_addr}
 * @param value what stands there, empty when nothing does
 * @param message what was expected
 */
public record ConfigProblem(String path, String value, String message) {

    /** The form the reference's validator prints: two blanks where there is no value. */
    @Override
    public String toString() {
        return path + " " + value + " " + message;
    }
}

package io.matriarch.app.wiring;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/**
 * One agent a data directory. The kernel gives the lock to the next process only when the one before is gone, however
 * it went; so who has it knows that the former self no longer acts (SAF-014).
 */
final class ProcessLock {

    /** Held open, and with it the lock, until the process ends. */
    @SuppressWarnings("unused")
    private final FileChannel channel;

    private ProcessLock(FileChannel channel) {
        this.channel = channel;
    }

    /** The file beside the data directory: initdb wants the directory itself empty. */
    static Path file(Path dataDirectory) {
        Path absolute = dataDirectory.toAbsolutePath().normalize();
        return absolute.resolveSibling("." + absolute.getFileName() + ".matriarch.lock");
    }

    /**
     * Takes the lock.
     *
     * @return empty if another agent has it
     * @throws IOException when the file cannot be made
     */
    static Optional<ProcessLock> take(Path dataDirectory) throws IOException {
        var channel = FileChannel.open(file(dataDirectory), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        try {
            if (channel.tryLock() == null) {
                channel.close();
                return Optional.empty();
            }
            return Optional.of(new ProcessLock(channel));
        } catch (OverlappingFileLockException e) {
            channel.close();
            return Optional.empty();
        }
    }
}

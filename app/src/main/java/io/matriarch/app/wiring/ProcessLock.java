package io.matriarch.app.wiring;

import io.matriarch.app.loop.LeaseRecord;
import io.matriarch.domain.cluster.LeaseId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One agent a data directory. The kernel gives the lock to the next process only when the one before is gone, however
 * it went; so who has it knows that the former self no longer acts (SAF-014).
 */
final class ProcessLock implements LeaseRecord {

    private static final Logger log = LoggerFactory.getLogger(ProcessLock.class);
    private static final int LONGEST = 4096;

    /** Held open, and with it the lock, until the process ends. */
    private final FileChannel channel;

    private ProcessLock(FileChannel channel) {
        this.channel = channel;
    }

    /**
     * The lease that the agents of this data directory have held last. Its writer is gone, or it is this very process:
     * the kernel gives the lock to one process at a time.
     */
    @Override
    public Optional<LeaseId> last() {
        try {
            var bytes = ByteBuffer.allocate(LONGEST);
            channel.read(bytes, 0);
            String text = StandardCharsets.UTF_8.decode(bytes.flip()).toString().strip();
            return text.isEmpty() ? Optional.empty() : Optional.of(new LeaseId(text));
        } catch (IOException e) {
            log.warn("cannot read what the agent before this one held: {}", e.toString());
            return Optional.empty();
        }
    }

    @Override
    public void write(LeaseId held) {
        try {
            byte[] line = (held.value() + "\n").getBytes(StandardCharsets.UTF_8);
            channel.truncate(0);
            channel.write(ByteBuffer.wrap(line), 0);
        } catch (IOException e) {
            log.warn("cannot write down the lease for the next agent, which will wait for it to end: {}", e.toString());
        }
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
        var channel = FileChannel.open(
                file(dataDirectory), StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
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

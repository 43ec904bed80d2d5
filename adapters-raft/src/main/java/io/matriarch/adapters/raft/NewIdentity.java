package io.matriarch.adapters.raft;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/**
 * The identity a member was told to take when the store was recovered, until the log says the same (SAF-019). It is on
 * disk, because a member that forgot it would let those in that were left behind.
 */
final class NewIdentity {

    private static final String NAME = "new-identity";

    private final Path file;
    private volatile Optional<String> wanted;

    private NewIdentity(Path file, Optional<String> wanted) {
        this.file = file;
        this.wanted = wanted;
    }

    static NewIdentity in(Path directory) throws IOException {
        var file = directory.resolve(NAME);
        var text = Files.exists(file) ? Files.readString(file).strip() : "";
        return new NewIdentity(file, Optional.of(text).filter(id -> !id.isEmpty()));
    }

    Optional<String> wanted() {
        return wanted;
    }

    /** Durable when it returns. */
    void want(String id) throws IOException {
        var temporary = file.resolveSibling(NAME + ".tmp");
        try (var channel = FileChannel.open(
                temporary, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
            channel.write(ByteBuffer.wrap((id + "\n").getBytes(StandardCharsets.UTF_8)));
            channel.force(true);
        }
        Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        try (var directory = FileChannel.open(file.getParent(), StandardOpenOption.READ)) {
            directory.force(true);
        }
        wanted = Optional.of(id);
    }

    /** The log may have got there meanwhile; then it alone counts. */
    void settle(String stored) {
        if (wanted.filter(stored::equals).isEmpty()) {
            return;
        }
        try {
            Files.deleteIfExists(file);
            wanted = Optional.empty();
        } catch (IOException _) {
            // It says what the log says, and the next look tries again.
            return;
        }
    }
}

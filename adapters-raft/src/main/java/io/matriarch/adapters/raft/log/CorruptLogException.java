package io.matriarch.adapters.raft.log;

import java.io.IOException;
import java.nio.file.Path;

/** The log has damage that a crash cannot explain, so entries that were acknowledged may be gone. */
public final class CorruptLogException extends IOException {

    public CorruptLogException(Path file, long offset, String what) {
        super(
                "corrupt raft log: " + file + " at offset " + offset + ": " + what
                        + "; hint: remove this member's raft data_dir and let it join again, while a majority of the others is whole");
    }
}

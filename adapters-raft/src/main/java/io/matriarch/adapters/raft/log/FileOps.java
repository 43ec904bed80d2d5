package io.matriarch.adapters.raft.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;

/** The disk as the log sees it. A seam: tests put in a disk that tears writes, fails to sync, fills up or reads short. */
public interface FileOps {

    /** The real disk. */
    static FileOps real() {
        return new RealFiles();
    }

    /** The names in a directory, unordered. */
    List<String> list(Path directory) throws IOException;

    void createDirectories(Path directory) throws IOException;

    /** Opens for reading and writing; creates the file if it is not there. */
    DiskFile open(Path file) throws IOException;

    void delete(Path file) throws IOException;

    /** Replaces the target in one step. Durable only after {@link #syncDirectory}. */
    void replace(Path source, Path target) throws IOException;

    /** Makes created, deleted and renamed names durable. */
    void syncDirectory(Path directory) throws IOException;

    /** Holds the file for this process alone until closed; throws if somebody else holds it. */
    AutoCloseable lock(Path file) throws IOException;

    /** One open file. Reads may come from many threads at once, and an interrupted reader harms nobody else. */
    interface DiskFile extends AutoCloseable {

        /** Writes some bytes, at least one, and says how many. */
        int write(ByteBuffer bytes, long position) throws IOException;

        /** Reads some bytes, or -1 at the end. */
        int read(ByteBuffer bytes, long position) throws IOException;

        /** Returns once what was written survives a power failure. After a failure nothing can be said about the file. */
        void sync() throws IOException;

        void truncate(long size) throws IOException;

        long size() throws IOException;

        @Override
        void close() throws IOException;
    }
}

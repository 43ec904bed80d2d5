package io.matriarch.adapters.raft.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;

/** The real disk. */
final class RealFiles implements FileOps {

    @Override
    public List<String> list(Path directory) throws IOException {
        try (var names = Files.list(directory)) {
            return names.map(path -> path.getFileName().toString()).toList();
        }
    }

    @Override
    public void createDirectories(Path directory) throws IOException {
        Files.createDirectories(directory);
    }

    @Override
    public DiskFile open(Path file) throws IOException {
        return new RealFile(file);
    }

    @Override
    public void delete(Path file) throws IOException {
        Files.deleteIfExists(file);
    }

    @Override
    public void replace(Path source, Path target) throws IOException {
        Files.move(source, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    @Override
    public void syncDirectory(Path directory) throws IOException {
        try (var channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    @Override
    public AutoCloseable lock(Path file) throws IOException {
        var channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        try {
            FileLock lock = channel.tryLock();
            if (lock == null) {
                throw new IOException(file + " is held by another process");
            }
            return channel;
        } catch (OverlappingFileLockException e) {
            channel.close();
            throw new IOException(file + " is held by another node of this process", e);
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    private static final class RealFile implements DiskFile {
        private final Path path;
        private final FileChannel writing;
        private FileChannel reading;

        RealFile(Path path) throws IOException {
            this.path = path;
            this.writing = FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            this.reading = FileChannel.open(path, StandardOpenOption.READ);
        }

        @Override
        public int write(ByteBuffer bytes, long position) throws IOException {
            return writing.write(bytes, position);
        }

        /**
         * An interrupt closes the channel under a reader. Readers have a channel of their own, so that this cannot end the
         * writer, and it is opened again.
         */
        @Override
        public int read(ByteBuffer bytes, long position) throws IOException {
            boolean interrupted = Thread.interrupted();
            int before = bytes.position();
            try {
                while (true) {
                    FileChannel channel = readable();
                    try {
                        return channel.read(bytes, position);
                    } catch (ClosedByInterruptException e) {
                        interrupted = true;
                        Thread.interrupted();
                        bytes.position(before);
                    } catch (java.nio.channels.ClosedChannelException e) {
                        // Another reader was interrupted in the same moment; or the file is closed, then opening fails.
                        bytes.position(before);
                    }
                }
            } finally {
                if (interrupted) {
                    Thread.currentThread().interrupt();
                }
            }
        }

        private synchronized FileChannel readable() throws IOException {
            if (!writing.isOpen()) {
                throw new IOException(path + " is closed");
            }
            if (!reading.isOpen()) {
                reading = FileChannel.open(path, StandardOpenOption.READ);
            }
            return reading;
        }

        @Override
        public void sync() throws IOException {
            writing.force(false);
        }

        @Override
        public void truncate(long size) throws IOException {
            writing.truncate(size);
        }

        @Override
        public long size() throws IOException {
            return writing.size();
        }

        @Override
        public synchronized void close() throws IOException {
            try {
                // The writing one first: a reader opens its channel again as long as this one is open.
                writing.close();
            } finally {
                reading.close();
            }
        }
    }
}

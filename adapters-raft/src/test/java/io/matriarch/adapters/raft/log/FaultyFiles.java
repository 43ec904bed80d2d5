package io.matriarch.adapters.raft.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;

/** The real disk, until a test arms a fault. */
public final class FaultyFiles implements FileOps {

    public enum Fault {
        NONE,
        /** Half of the bytes reach the file, then the write fails. */
        TORN_WRITE,
        FAILED_SYNC,
        FULL_DISK,
        /** Reads and writes move a few bytes at a time, as they are allowed to. */
        SHORT_TRANSFERS,
        FAILED_DIRECTORY_SYNC
    }

    private final FileOps real = FileOps.real();
    volatile Fault fault = Fault.NONE;

    public void arm(Fault next) {
        fault = next;
    }

    @Override
    public List<String> list(Path directory) throws IOException {
        return real.list(directory);
    }

    @Override
    public void createDirectories(Path directory) throws IOException {
        real.createDirectories(directory);
    }

    @Override
    public DiskFile open(Path file) throws IOException {
        return new FaultyFile(real.open(file));
    }

    @Override
    public void delete(Path file) throws IOException {
        real.delete(file);
    }

    @Override
    public void replace(Path source, Path target) throws IOException {
        real.replace(source, target);
    }

    @Override
    public void syncDirectory(Path directory) throws IOException {
        if (fault == Fault.FAILED_DIRECTORY_SYNC) {
            throw new IOException("input/output error");
        }
        real.syncDirectory(directory);
    }

    @Override
    public AutoCloseable lock(Path file) throws IOException {
        return real.lock(file);
    }

    private final class FaultyFile implements DiskFile {
        private static final int FEW = 3;

        private final DiskFile file;

        FaultyFile(DiskFile file) {
            this.file = file;
        }

        @Override
        public int write(ByteBuffer bytes, long position) throws IOException {
            return switch (fault) {
                case NONE, FAILED_SYNC, FAILED_DIRECTORY_SYNC -> file.write(bytes, position);
                case SHORT_TRANSFERS -> part(bytes, position, FEW);
                case FULL_DISK -> throw new IOException("no space left on device");
                case TORN_WRITE -> {
                    part(bytes, position, bytes.remaining() / 2);
                    throw new IOException("input/output error");
                }
            };
        }

        private int part(ByteBuffer bytes, long position, int most) throws IOException {
            var slice = bytes.slice(bytes.position(), Math.min(most, bytes.remaining()));
            int moved = file.write(slice, position);
            bytes.position(bytes.position() + moved);
            return moved;
        }

        @Override
        public int read(ByteBuffer bytes, long position) throws IOException {
            if (fault != Fault.SHORT_TRANSFERS) {
                return file.read(bytes, position);
            }
            var slice = bytes.slice(bytes.position(), Math.min(FEW, bytes.remaining()));
            int moved = file.read(slice, position);
            bytes.position(bytes.position() + Math.max(0, moved));
            return moved;
        }

        @Override
        public void sync() throws IOException {
            if (fault == Fault.FAILED_SYNC) {
                throw new IOException("input/output error");
            }
            file.sync();
        }

        @Override
        public void truncate(long size) throws IOException {
            file.truncate(size);
        }

        @Override
        public long size() throws IOException {
            return file.size();
        }

        @Override
        public void close() throws IOException {
            file.close();
        }
    }
}

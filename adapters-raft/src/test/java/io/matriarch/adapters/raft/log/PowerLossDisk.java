package io.matriarch.adapters.raft.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * A disk in memory that can lose power. What was synced stays. Of what was not, any part may be there: each write, each
 * truncation and each change of a name, independently of the order in which they were made.
 */
final class PowerLossDisk implements FileOps {

    static final class PowerLoss extends IOException {
        PowerLoss() {
            super("power loss");
        }
    }

    /** A file's content, and what it is sure to have after a power loss. */
    private static final class Inode {
        private byte[] content = new byte[0];
        private byte[] durable = new byte[0];
    }

    private final Random random;
    private Map<String, Inode> names = new HashMap<>();
    private Map<String, Inode> durableNames = new HashMap<>();
    private int operationsLeft = Integer.MAX_VALUE;

    PowerLossDisk(Random random) {
        this.random = random;
    }

    /** The power goes after so many more operations that change something. */
    void failAfter(int operations) {
        operationsLeft = operations;
    }

    private void step() throws IOException {
        if (operationsLeft-- <= 0) {
            throw new PowerLoss();
        }
    }

    /** What is left once the power is back. */
    void recover() {
        operationsLeft = Integer.MAX_VALUE;
        var left = new HashMap<>(durableNames);
        for (var name : union()) {
            if (random.nextBoolean()) {
                var now = names.get(name);
                if (now == null) {
                    left.remove(name);
                } else {
                    left.put(name, now);
                }
            }
        }
        for (Inode inode : left.values()) {
            inode.content = mixed(inode.durable, inode.content);
            inode.durable = inode.content;
        }
        names = left;
        durableNames = new HashMap<>(left);
    }

    private List<String> union() {
        var all = new ArrayList<>(durableNames.keySet());
        names.keySet().stream().filter(name -> !durableNames.containsKey(name)).forEach(all::add);
        all.sort(null);
        return all;
    }

    /** Some of the not yet synced bytes are there, in pieces, and the size is the old one, the new one or between. */
    private byte[] mixed(byte[] old, byte[] now) {
        int low = Math.min(old.length, now.length);
        int high = Math.max(old.length, now.length);
        int size = low + (high == low ? 0 : random.nextInt(high - low + 1));
        var bytes = new byte[size];
        System.arraycopy(old, 0, bytes, 0, Math.min(old.length, size));
        int at = 0;
        while (at < size) {
            int piece = 1 + random.nextInt(64);
            if (random.nextBoolean()) {
                for (int i = at; i < Math.min(at + piece, Math.min(size, now.length)); i++) {
                    bytes[i] = now[i];
                }
            }
            at += piece;
        }
        return bytes;
    }

    @Override
    public List<String> list(Path directory) {
        return List.copyOf(names.keySet());
    }

    @Override
    public void createDirectories(Path directory) {
        // There is one, and it is there.
    }

    @Override
    public DiskFile open(Path file) throws IOException {
        var name = file.getFileName().toString();
        if (!names.containsKey(name)) {
            step();
            names.put(name, new Inode());
        }
        return new MemoryFile(names.get(name));
    }

    @Override
    public void delete(Path file) throws IOException {
        step();
        names.remove(file.getFileName().toString());
    }

    @Override
    public void replace(Path source, Path target) throws IOException {
        step();
        names.put(
                target.getFileName().toString(),
                names.remove(source.getFileName().toString()));
    }

    @Override
    public void syncDirectory(Path directory) throws IOException {
        step();
        durableNames = new HashMap<>(names);
    }

    @Override
    public AutoCloseable lock(Path file) {
        return () -> {};
    }

    private final class MemoryFile implements DiskFile {
        private final Inode inode;

        MemoryFile(Inode inode) {
            this.inode = inode;
        }

        @Override
        public int write(ByteBuffer bytes, long position) throws IOException {
            int count = bytes.remaining();
            var grown = Arrays.copyOf(inode.content, Math.max(inode.content.length, (int) position + count));
            bytes.get(grown, (int) position, count);
            inode.content = grown;
            // The bytes may have reached the disk although the call never returned.
            step();
            return count;
        }

        @Override
        public int read(ByteBuffer bytes, long position) {
            int count = Math.min(bytes.remaining(), inode.content.length - (int) position);
            if (count <= 0) {
                return -1;
            }
            bytes.put(inode.content, (int) position, count);
            return count;
        }

        @Override
        public void sync() throws IOException {
            step();
            inode.durable = inode.content.clone();
        }

        @Override
        public void truncate(long size) throws IOException {
            step();
            if (size < inode.content.length) {
                inode.content = Arrays.copyOf(inode.content, (int) size);
            }
        }

        @Override
        public long size() {
            return inode.content.length;
        }

        @Override
        public void close() {
            // Closing makes nothing durable.
        }
    }
}

package io.matriarch.app.config;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/** Where lines of the log go. Used by one thread at a time. */
sealed interface LogSink extends AutoCloseable {

    void write(String line);

    @Override
    void close();

    /** Standard error, or nowhere when nobody reads it any more. */
    final class Stderr implements LogSink {

        // Not System.err: that one may be replaced, and it decodes and locks for others.
        private final OutputStream out = new FileOutputStream(FileDescriptor.err);

        @Override
        public void write(String line) {
            try {
                out.write((line + "\n").getBytes(StandardCharsets.UTF_8));
            } catch (IOException e) {
                // Nothing is left to complain to.
            }
        }

        @Override
        public void close() {
            // Standard error belongs to the process.
        }
    }

    /** {@code patroni.log}, and once it is full {@code patroni.log.1} and on. */
    final class RotatingFile implements LogSink {

        static final String NAME = "patroni.log";

        private final Path file;
        private final Optional<Integer> mode;
        private final int kept;
        private final long limit;
        private final Stderr otherwise = new Stderr();
        private OutputStream out;
        private long size;

        /**
         * Opens the file for appending.
         *
         * @param mode permissions, empty for what the process's umask leaves
         * @param kept rotated files kept; 0 means the file grows on
         * @param limit bytes of one file; 0 means the file grows on
         */
        RotatingFile(Path directory, Optional<Integer> mode, int kept, long limit) throws IOException {
            this.file = directory.resolve(NAME);
            this.mode = mode;
            this.kept = kept;
            this.limit = limit;
            open();
        }

        @Override
        public void write(String line) {
            byte[] bytes = (line + "\n").getBytes(StandardCharsets.UTF_8);
            try {
                if (kept > 0 && limit > 0 && size > 0 && size + bytes.length > limit) {
                    rotate();
                }
                out.write(bytes);
                size += bytes.length;
            } catch (IOException e) {
                // A full disk must not take the log away as well.
                otherwise.write(line);
            }
        }

        private void rotate() throws IOException {
            out.close();
            for (int i = kept - 1; i >= 0; i--) {
                Path from = i == 0 ? file : file.resolveSibling(NAME + "." + i);
                if (Files.exists(from)) {
                    Files.move(from, file.resolveSibling(NAME + "." + (i + 1)), StandardCopyOption.REPLACE_EXISTING);
                }
            }
            open();
        }

        private void open() throws IOException {
            out = Files.newOutputStream(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
            size = Files.size(file);
            if (mode.isPresent()) {
                Files.setPosixFilePermissions(file, permissions(mode.get()));
            }
        }

        private static Set<PosixFilePermission> permissions(int mode) {
            Set<PosixFilePermission> permissions = EnumSet.noneOf(PosixFilePermission.class);
            // The constants stand in the order of the bits, the highest first.
            for (PosixFilePermission permission : PosixFilePermission.values()) {
                if ((mode >> (8 - permission.ordinal()) & 1) == 1) {
                    permissions.add(permission);
                }
            }
            return permissions;
        }

        @Override
        public void close() {
            try {
                out.close();
            } catch (IOException e) {
                otherwise.write("the log file can't be closed: " + e);
            }
        }
    }
}

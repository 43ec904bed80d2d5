package io.matriarch.adapters.raft.log;

import java.util.Objects;

/**
 * @param segmentBytes a new file is begun once the last one has this size; 4 KiB to 1 GiB
 * @param maxRecordBytes an entry larger than this is refused; 1 KiB to 256 MiB
 */
public record FileLogSettings(int segmentBytes, int maxRecordBytes, FileOps files) {

    private static final int MIB = 1024 * 1024;

    public FileLogSettings {
        Objects.requireNonNull(files, "files");
        if (segmentBytes < 4096 || segmentBytes > 1024 * MIB) {
            throw new IllegalArgumentException("segmentBytes " + segmentBytes + " is not in 4 KiB..1 GiB");
        }
        if (maxRecordBytes < 1024 || maxRecordBytes > 256 * MIB) {
            throw new IllegalArgumentException("maxRecordBytes " + maxRecordBytes + " is not in 1 KiB..256 MiB");
        }
    }

    /** Segments of 4 MiB, records of at most 16 MiB, on the real disk. */
    public static FileLogSettings defaults() {
        return new FileLogSettings(4 * MIB, 16 * MIB, FileOps.real());
    }

    public FileLogSettings withSegmentBytes(int bytes) {
        return new FileLogSettings(bytes, maxRecordBytes, files);
    }

    public FileLogSettings withFiles(FileOps disk) {
        return new FileLogSettings(segmentBytes, maxRecordBytes, disk);
    }
}

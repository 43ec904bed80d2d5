package io.matriarch.adapters.postgres;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** System V shared memory as {@code /proc/sysvipc/shm} lists it. */
final class SharedMemory {

    private static final Path TABLE = Path.of("/proc/sysvipc/shm");

    private SharedMemory() {}

    /**
     * A segment.
     *
     * @param key its key
     * @param id its id
     * @param attached how many processes have it mapped
     */
    record Segment(long key, long id, long attached) {}

    /**
     * All segments.
     *
     * @throws IOException when the machine does not tell: then nothing is proven
     */
    static List<Segment> segments() throws IOException {
        List<String> lines = Files.readAllLines(TABLE, StandardCharsets.ISO_8859_1);
        var found = new ArrayList<Segment>();
        for (String line : lines.subList(Math.min(1, lines.size()), lines.size())) {
            String[] columns = line.trim().split("\\s+");
            if (columns.length > 6) {
                found.add(new Segment(
                        Integer.toUnsignedLong((int) Long.parseLong(columns[0])),
                        Long.parseLong(columns[1]),
                        Long.parseLong(columns[6])));
            }
        }
        return found;
    }
}

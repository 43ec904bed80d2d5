package io.matriarch.adapters.watchdog;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LinuxMemoryTest {

    private static final Path RUNTIME = Path.of(System.getProperty("java.home"));

    @TempDir
    Path temp;

    @Test
    @DisplayName("only clean mappings of our own files that nobody can write to are let go")
    void chooses() throws IOException {
        Path smaps = Files.writeString(
                temp.resolve("smaps"),
                mapping("800000000-801000000 rw-p", "/image/lib/agent.aot", 0)
                        + mapping("801000000-803000000 r--p", "/image/lib/agent.aot", 0)
                        + mapping("803000000-804000000 r--p", "/image/lib/agent.aot", 4)
                        + mapping("7f0000000000-7f0000400000 r-xp", "/image/runtime/lib/server/libjvm.so", 0)
                        + mapping("7f0000400000-7f0000500000 r--p", "/image/runtime/lib/server/libjvm.so", 940)
                        + mapping("7f0000600000-7f0000800000 r--s", "/image/runtime/lib/modules", 0)
                        + mapping("7f0000800000-7f0000810000 r-xp", "/image/runtime/lib/libnio.so", 0)
                        + mapping("7f0001000000-7f0001400000 r-xp", "/usr/lib/libc.so.6", 0)
                        + mapping("7f0002000000-7f0002400000 r--p", "/image2/lib/agent.aot", 0)
                        + mapping("7f0003000000-7f0003400000 ---p", "/image/lib/agent.aot", 0)
                        + mapping("7f0004000000-7f0004400000 r--p", "", 0));
        assertThat(new LinuxMemory(Path.of("/image/bin/.."), smaps).mappings())
                .isEqualTo(List.of(
                        new LinuxMemory.Mapping(0x801000000L, 0x2000000L),
                        new LinuxMemory.Mapping(0x7f0000000000L, 0x400000L),
                        new LinuxMemory.Mapping(0x7f0000600000L, 0x200000L)));
    }

    @Test
    @DisplayName("the process goes on, with less of the runtime mapped into it")
    void givesBack() throws IOException {
        var memory = new LinuxMemory(RUNTIME);
        assertThat(memory.mappings()).isNotEmpty();
        long before = residentKib();
        memory.giveBack();
        memory.giveBack();
        long after = residentKib();
        assertThat(after).isLessThan(before - 1024);
    }

    @Test
    @DisplayName("what cannot be looked at is left alone")
    void survivesWithoutProc() {
        new LinuxMemory(RUNTIME, temp.resolve("nothing")).giveBack();
    }

    /** Of the runtime's files, in KiB. */
    private static long residentKib() throws IOException {
        long sum = 0;
        boolean ours = false;
        for (String line : Files.readAllLines(Path.of("/proc/self/smaps"))) {
            if (line.matches("[0-9a-f]+-[0-9a-f]+ .*")) {
                ours = line.contains(RUNTIME.toString());
            } else if (ours && line.startsWith("Rss:")) {
                sum += Long.parseLong(line.replaceAll("\\D", ""));
            }
        }
        return sum;
    }

    private static String mapping(String range, String path, int anonymousKib) {
        return range + " 00000000 fe:01 4711                      " + path + "\n" + "Rss:                  4 kB\n"
                + "Anonymous:      " + anonymousKib + " kB\nVmFlags: rd mr mw me\n";
    }
}

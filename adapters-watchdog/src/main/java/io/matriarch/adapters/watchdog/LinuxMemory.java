package io.matriarch.adapters.watchdog;

import io.matriarch.ports.process.ProcessMemory;
import java.io.IOException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The memory of this process on Linux. The start of an agent touches most of the runtime's code and all of its class
 * cache, and a database host has better use for these pages than to keep them mapped into a process that needs a few of
 * them: they are clean pages of files, so the kernel has them again at no cost.
 *
 * <p>Invariant: only mappings that nobody can write to and that have no page of their own are let go. A page changed after
 * it was mapped, by the loader's relocations for instance, would be lost.
 */
public final class LinuxMemory implements ProcessMemory {

    private static final Logger log = LoggerFactory.getLogger(LinuxMemory.class);

    private static final int MADV_DONTNEED = 4;

    /** Smaller ones are not worth a call; libraries that another thread is just loading are all smaller. */
    private static final long LEAST_KIB = 1024;

    private static final MethodHandle MADVISE = LinuxCalls.handle(
            "madvise",
            FunctionDescriptor.of(
                    ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_LONG, ValueLayout.JAVA_INT));

    private final Path home;
    private final Path smaps;

    /**
     * @param home the files below it are let go: the runtime, its class cache
     */
    public LinuxMemory(Path home) {
        this(home, Path.of("/proc/self/smaps"));
    }

    LinuxMemory(Path home, Path smaps) {
        this.home = home.toAbsolutePath().normalize();
        this.smaps = smaps;
    }

    /** A part of the address space. */
    record Mapping(long address, long bytes) {}

    @Override
    public void collect() {
        System.gc();
    }

    @Override
    public void giveBack() {
        try {
            for (Mapping mapping : mappings()) {
                int _ = (int)
                        MADVISE.invokeExact(MemorySegment.ofAddress(mapping.address()), mapping.bytes(), MADV_DONTNEED);
            }
        } catch (IOException e) {
            log.debug("cannot tell what is mapped", e);
        } catch (Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException("a call of the C library could not be made", e);
        }
    }

    /** What may be let go. */
    List<Mapping> mappings() throws IOException {
        var found = new ArrayList<Mapping>();
        Optional<Mapping> current = Optional.empty();
        for (String line : Files.readAllLines(smaps, StandardCharsets.ISO_8859_1)) {
            int colon = line.indexOf(':');
            int blank = line.indexOf(' ');
            if (colon > 0 && (blank < 0 || colon < blank)) {
                // The lines of a mapping follow its head; this one counts the pages that are not the file's.
                if (line.startsWith("Anonymous:") && kib(line) == 0) {
                    current.ifPresent(found::add);
                }
            } else {
                current = candidate(line);
            }
        }
        return found;
    }

    /** The head of a mapping: {@code from-to perms offset device inode path}. */
    private Optional<Mapping> candidate(String head) {
        String[] words = head.split(" +", 6);
        if (words.length < 6 || words[1].charAt(1) == 'w' || words[1].charAt(0) != 'r') {
            return Optional.empty();
        }
        String[] ends = words[0].split("-");
        long from = Long.parseUnsignedLong(ends[0], 16);
        long bytes = Long.parseUnsignedLong(ends[1], 16) - from;
        boolean ours = words[5].startsWith("/") && Path.of(words[5]).startsWith(home);
        return ours && bytes >= LEAST_KIB * 1024 ? Optional.of(new Mapping(from, bytes)) : Optional.empty();
    }

    private static long kib(String line) {
        return Long.parseLong(
                line.substring(line.indexOf(':') + 1).replace("kB", "").strip());
    }
}

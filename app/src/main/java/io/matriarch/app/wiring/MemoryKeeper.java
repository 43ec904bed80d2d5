package io.matriarch.app.wiring;

import io.matriarch.ports.process.ProcessMemory;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.function.LongSupplier;

/**
 * Keeps the process small: gives back what the start has left behind, and later what has gathered. The small heap grows to
 * its limit before the collector looks at its old objects, so an agent that does nothing would grow for hours.
 */
final class MemoryKeeper {

    static final Duration AFTER_START = Duration.ofSeconds(20);
    static final Duration PERIOD = Duration.ofMinutes(5);
    static final long GROWTH_BYTES = 2L << 20;

    private final ProcessMemory memory;
    private final LongSupplier heapBytes;
    private boolean started;
    private OptionalLong before = OptionalLong.empty();

    /**
     * @param heapBytes what the heap takes up now, used or not
     */
    MemoryKeeper(ProcessMemory memory, LongSupplier heapBytes) {
        this.memory = memory;
        this.heapBytes = heapBytes;
    }

    /** One look; answers when to look again. */
    Duration look() {
        if (!started) {
            started = true;
            return AFTER_START;
        }
        if (before.isEmpty() || heapBytes.getAsLong() - before.getAsLong() >= GROWTH_BYTES) {
            memory.collect();
            before = OptionalLong.of(heapBytes.getAsLong());
        }
        memory.giveBack();
        return PERIOD;
    }
}

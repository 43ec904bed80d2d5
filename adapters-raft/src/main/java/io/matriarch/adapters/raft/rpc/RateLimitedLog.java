package io.matriarch.adapters.raft.rpc;

import java.util.LinkedHashMap;
import java.util.Map;
import org.slf4j.Logger;

/** One warning a minute for each key, so that a port scanner cannot fill the disk with log lines. */
final class RateLimitedLog {

    private static final long PERIOD_NANOS = 60_000_000_000L;
    private static final int MAX_KEYS = 256;

    private final Logger log;
    private final Map<String, Long> lastWarned = new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Long> eldest) {
            return size() > MAX_KEYS;
        }
    };

    RateLimitedLog(Logger log) {
        this.log = log;
    }

    void warn(String key, String message) {
        if (due(key)) {
            log.warn("{}", message);
        } else {
            log.debug("{}", message);
        }
    }

    private synchronized boolean due(String key) {
        long now = System.nanoTime();
        Long last = lastWarned.get(key);
        if (last != null && now - last < PERIOD_NANOS) {
            return false;
        }
        lastWarned.put(key, now);
        return true;
    }
}

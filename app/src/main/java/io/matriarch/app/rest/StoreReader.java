package io.matriarch.app.rest;

import io.matriarch.app.config.DynamicConfig;
import io.matriarch.app.config.DynamicSettings;
import io.matriarch.app.config.LiveConfig;
import io.matriarch.app.loop.AgentView;
import io.matriarch.app.store.ClusterCodec;
import io.matriarch.domain.ha.DcsView;
import io.matriarch.ports.dcs.DcsUnavailableException;
import io.matriarch.ports.dcs.StoreSnapshot;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Fresh reads of the store that do not keep a caller waiting through an outage. */
final class StoreReader {

    private static final Logger log = LoggerFactory.getLogger(StoreReader.class);
    private static final Duration PATIENCE = Duration.ofSeconds(3);
    private static final Duration PATIENCE_IN_OUTAGE = Duration.ofSeconds(1);

    private final RestAgent agent;
    private final LiveConfig live;

    StoreReader(RestAgent agent, LiveConfig live) {
        this.agent = agent;
        this.live = live;
    }

    /**
     * Reads.
     *
     * @throws RefusedException with 503 when the store does not answer soon
     */
    StoreSnapshot load() {
        boolean outage = agent.view()
                .map(AgentView::observation)
                .filter(seen -> seen.dcs() instanceof DcsView.Unreachable)
                .isPresent();
        Duration patience = outage ? PATIENCE_IN_OUTAGE : PATIENCE;
        var read = new FutureTask<>(() -> agent.dcs().load());
        Thread.ofVirtual().name("fresh-read").start(read);
        try {
            return read.get(patience.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            read.cancel(true);
            throw unavailable("no answer within " + patience.toMillis() + " ms");
        } catch (ExecutionException e) {
            if (e.getCause() instanceof DcsUnavailableException) {
                throw unavailable(e.getCause().getMessage());
            }
            throw new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw unavailable("interrupted");
        }
    }

    private static RefusedException unavailable(String why) {
        log.warn("a request could not read the store: {}", why);
        return new RefusedException(503, "DCS is not accessible");
    }

    /** The settings of the document that was read, those in force where it has none that is usable. */
    DynamicSettings settings(StoreSnapshot read) {
        Map<String, Object> document = ClusterCodec.config(read).orElse(Map.of());
        if (document.isEmpty()) {
            return live.effective().settings();
        }
        try {
            return DynamicConfig.read(document).settings();
        } catch (DynamicConfig.UnusableException e) {
            return live.effective().settings();
        }
    }
}

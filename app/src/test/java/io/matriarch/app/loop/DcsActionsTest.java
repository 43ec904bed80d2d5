package io.matriarch.app.loop;

import static org.assertj.core.api.Assertions.assertThat;

import io.matriarch.app.store.ClusterCodec;
import io.matriarch.domain.cluster.ClusterView;
import io.matriarch.domain.cluster.LeaseId;
import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.ha.Decision;
import io.matriarch.domain.settings.HaSettings;
import io.matriarch.ports.dcs.Change;
import io.matriarch.ports.dcs.Dcs;
import io.matriarch.ports.dcs.DcsTiming;
import io.matriarch.ports.dcs.StoreKey;
import io.matriarch.ports.dcs.StoreSnapshot;
import io.matriarch.ports.dcs.StoredValue;
import io.matriarch.ports.dcs.WriteResult;
import io.matriarch.ports.testing.InMemoryStore;
import io.matriarch.ports.testing.SimulatedClock;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class DcsActionsTest {

    private static final MemberName SELF = new MemberName("srv1");
    private static final Duration TTL = Duration.ofSeconds(30);
    private static final String OURS = "{\"ttl\":30}";

    private final SimulatedClock clock = new SimulatedClock();
    private final InMemoryStore store =
            new InMemoryStore(clock, new DcsTiming(TTL, TTL.dividedBy(3), TTL.dividedBy(3)));
    private final Dcs dcs = store.open(SELF);
    private final Dcs operator = store.open(new MemberName("operator"));
    private final LeaseKeeper keeper = new LeaseKeeper(dcs, clock, SELF, () -> {}, new NoRecord());
    // Neither the observer nor PostgreSQL is asked on the paths tested here.
    private final DcsActions actions = new DcsActions(dcs, keeper, null, new Settings(), null, clock, SELF);

    private static final class NoRecord implements LeaseRecord {
        @Override
        public Optional<LeaseId> last() {
            return Optional.empty();
        }

        @Override
        public void write(LeaseId held) {}
    }

    private static final class Settings implements SettingsSource {
        @Override
        public HaSettings adopt(StoreSnapshot snapshot) {
            return current();
        }

        @Override
        public HaSettings current() {
            return HaSettings.DEFAULTS;
        }

        @Override
        public String document() {
            return OURS;
        }
    }

    @BeforeEach
    void leads() {
        keeper.adopt(TTL);
        assertThat(keeper.acquire(Change.NONE)).isInstanceOf(Outcome.Done.class);
    }

    @Test
    @DisplayName("CFG-028 a configuration that is missing is put back")
    void missing() throws Exception {
        assertThat(restore(ClusterCodec.decode(dcs.load()))).isInstanceOf(Outcome.Done.class);
        assertThat(config()).contains(OURS);
    }

    @Test
    @DisplayName("CFG-028 a configuration that is no document is replaced")
    void invalid() throws Exception {
        write("rubbish");
        assertThat(restore(ClusterCodec.decode(dcs.load()))).isInstanceOf(Outcome.Done.class);
        assertThat(config()).contains(OURS);
    }

    @Test
    @DisplayName("SAF-017 what an operator has written since we looked stays")
    void writtenMeanwhile() throws Exception {
        ClusterView missing = ClusterCodec.decode(dcs.load());
        write("{\"ttl\":60}");
        assertThat(restore(missing)).isInstanceOf(Outcome.Failed.class);
        assertThat(config()).contains("{\"ttl\":60}");

        write("rubbish");
        ClusterView invalid = ClusterCodec.decode(dcs.load());
        write("{\"ttl\":45}");
        assertThat(restore(invalid)).isInstanceOf(Outcome.Failed.class);
        assertThat(config()).contains("{\"ttl\":45}");
    }

    private Outcome restore(ClusterView seen) {
        return actions.carryOut(new Decision.RestoreConfig(seen.configRevision()), seen);
    }

    private void write(String document) {
        assertThat(operator.write(Optional.empty(), Change.NONE.put(StoreKey.CONFIG, document)))
                .isInstanceOf(WriteResult.Done.class);
    }

    private Optional<String> config() throws Exception {
        return dcs.load().get(StoreKey.CONFIG).map(StoredValue::text);
    }
}

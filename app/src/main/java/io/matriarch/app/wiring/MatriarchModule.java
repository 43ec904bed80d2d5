package io.matriarch.app.wiring;

import com.google.inject.AbstractModule;
import com.google.inject.Provides;
import com.google.inject.Singleton;
import io.matriarch.app.config.AgentConfig;
import io.matriarch.app.config.LiveConfig;
import io.matriarch.app.peer.HttpPeerClient;
import io.matriarch.app.peer.ProcessMark;
import io.matriarch.domain.settings.HaSettings;
import io.matriarch.ports.dcs.Dcs;
import io.matriarch.ports.dcs.DcsTiming;
import io.matriarch.ports.member.PeerClient;
import io.matriarch.ports.plugin.DcsContext;
import io.matriarch.ports.postgres.PostgresContext;
import io.matriarch.ports.time.Clock;
import java.util.Optional;

/** What the adapters are given, and what only the application has. */
final class MatriarchModule extends AbstractModule {

    private final LiveConfig live;

    MatriarchModule(LiveConfig live) {
        this.live = live;
    }

    @Provides
    @Singleton
    DcsContext dcsContext(Clock clock) {
        AgentConfig agent = live.state().agent();
        DcsTiming timing = LiveSettings.timing(live.effective());
        return new DcsContext(
                agent.scope(),
                Optional.of(agent.name()),
                timing,
                clock,
                Optional.of(() -> live.state().agent().storeSection()));
    }

    @Provides
    @Singleton
    PostgresContext postgresContext() {
        return LiveSettings.postgresContext(live, HaSettings.DEFAULTS);
    }

    @Provides
    @Singleton
    LiveSettings settings(Dcs dcs) {
        return new LiveSettings(live, dcs::adopt);
    }

    @Provides
    @Singleton
    ProcessMark mark() {
        return ProcessMark.unique();
    }

    @Provides
    @Singleton
    PeerClient peers(ProcessMark own) {
        return new HttpPeerClient(() -> live.state().agent(), own);
    }
}

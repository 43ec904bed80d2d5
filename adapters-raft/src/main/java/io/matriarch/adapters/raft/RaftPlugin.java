package io.matriarch.adapters.raft;

import com.google.inject.AbstractModule;
import com.google.inject.Module;
import com.google.inject.Provides;
import com.google.inject.Singleton;
import io.matriarch.ports.dcs.Dcs;
import io.matriarch.ports.plugin.AdapterPlugin;
import io.matriarch.ports.plugin.ConfigSection;
import io.matriarch.ports.plugin.DcsContext;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Set;

/**
 * The embedded store for an agent: with a {@code self_addr} the process is a voting member, which closing the {@link Dcs}
 * stops; without one it is a client of the members.
 */
public final class RaftPlugin implements AdapterPlugin {

    /** Called by the service loader. */
    public RaftPlugin() {
        // Nothing to set up.
    }

    @Override
    public Set<Class<?>> ports() {
        return Set.of(Dcs.class);
    }

    @Override
    public String section() {
        return RaftSettings.SECTION;
    }

    @Override
    public Module module(ConfigSection settings) {
        boolean votes = settings.text("self_addr").isPresent();
        return new RaftModule(votes ? RaftSettings.member(settings) : RaftSettings.client(settings), votes);
    }

    private static final class RaftModule extends AbstractModule {

        private final RaftSettings settings;
        private final boolean votes;

        RaftModule(RaftSettings settings, boolean votes) {
            this.settings = settings;
            this.votes = votes;
        }

        @Provides
        @Singleton
        Dcs dcs(DcsContext context) {
            return votes ? member(context) : RaftProvider.remote(settings, context);
        }

        private Dcs member(DcsContext context) {
            try {
                var node = RaftNode.start(
                        settings, context.clock(), context.timing().ttl());
                return new RaftDcs(new LocalGateway(node, true), context);
            } catch (IOException e) {
                throw new UncheckedIOException(e.getMessage(), e);
            }
        }
    }
}

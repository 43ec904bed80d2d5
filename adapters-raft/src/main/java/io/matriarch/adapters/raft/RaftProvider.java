package io.matriarch.adapters.raft;

import io.matriarch.adapters.raft.rpc.TransportSecurity;
import io.matriarch.ports.dcs.ConsensusAdmin;
import io.matriarch.ports.dcs.Dcs;
import io.matriarch.ports.plugin.ConfigSection;
import io.matriarch.ports.plugin.DcsContext;
import io.matriarch.ports.plugin.DcsProvider;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Optional;

/** The plain client of the embedded store: no node, only connections to the members. */
public final class RaftProvider implements DcsProvider {

    /** Called by the service loader. */
    public RaftProvider() {
        // Nothing to set up.
    }

    @Override
    public String section() {
        return RaftSettings.SECTION;
    }

    /**
     * {@inheritDoc}
     *
     * @throws UncheckedIOException when a TLS file cannot be used
     */
    @Override
    public Dcs client(ConfigSection settings, DcsContext context) {
        return remote(RaftSettings.client(settings), context);
    }

    static Dcs remote(RaftSettings settings, DcsContext context) {
        try {
            var transport = StoreTransport.client(settings);
            return new RaftDcs(new RemoteGateway(transport, settings.nearestFirst(), context.clock()), context);
        } catch (IOException e) {
            throw new UncheckedIOException(e.getMessage(), e);
        }
    }

    @Override
    public void warmUp() {
        TransportSecurity.warmUp();
    }

    @Override
    public Optional<ConsensusAdmin> admin(ConfigSection settings) {
        var raft = RaftSettings.client(settings);
        try {
            return Optional.of(new RaftAdmin(StoreTransport.client(raft), raft.nearestFirst()));
        } catch (IOException e) {
            throw new UncheckedIOException(e.getMessage(), e);
        }
    }
}

package io.matriarch.app.rest;

import io.matriarch.app.config.LiveConfig;
import java.util.Map;
import java.util.Optional;
import org.eclipse.jetty.server.Handler;
import org.glassfish.jersey.jetty.JettyHttpContainerProvider;
import org.glassfish.jersey.server.ResourceConfig;
import org.glassfish.jersey.server.ServerProperties;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The member's REST API, served from the start of the agent to its end. */
public final class RestServer implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(RestServer.class);

    private final RestAgent agent;
    private final LiveConfig live;
    private final Snapshots snapshots;
    private final RestartTimer timer;
    private Listener.Prepared prepared;
    private Optional<Listener> listener;
    private boolean closed;

    private RestServer(RestAgent agent, LiveConfig live) throws RestServerException {
        this.agent = agent;
        this.live = live;
        this.snapshots = new Snapshots(agent, live);
        this.timer = new RestartTimer(agent, live);
        this.prepared =
                Listener.Prepared.of(Listener.Binding.of(live.state().agent().rest()));
        this.listener = Optional.of(open(prepared));
        timer.start();
    }

    /**
     * Binds and serves.
     *
     * @throws RestServerException when the address is taken or a certificate cannot be used
     */
    public static RestServer start(RestAgent agent, LiveConfig live) throws RestServerException {
        RestServer server = new RestServer(agent, live);
        log.info("the REST API listens on {}", server.prepared.binding().listen());
        return server;
    }

    private Listener open(Listener.Prepared with) throws RestServerException {
        var access = new AccessControl(live, agent::view);
        var gate = new Gate(resources(), snapshots, live, access, new Liveness(agent, live, snapshots), agent.mark());
        return Listener.open(with, live.state().agent().rest().requestQueueSize(), gate);
    }

    private Handler resources() {
        var resources = new ResourceConfig();
        // Everything is registered here by instance: nothing is searched for, which costs time and memory at start.
        resources.addProperties(Map.of(
                ServerProperties.FEATURE_AUTO_DISCOVERY_DISABLE, true,
                ServerProperties.METAINF_SERVICES_LOOKUP_DISABLE, true,
                ServerProperties.WADL_FEATURE_DISABLE, true));
        var store = new StoreReader(agent, live);
        resources.registerInstances(
                new Answers.Failures(),
                new PatroniResource(snapshots),
                new ClusterResource(store, live),
                new HistoryResource(agent, store),
                new ConfigResource(agent, store),
                new MetricsResource(agent, snapshots, live),
                new SwitchoverResource(agent, live, store),
                new RestartResource(agent, live),
                new ReinitializeResource(agent),
                new ReloadResource(agent),
                new FailsafeResource(agent, live, snapshots),
                new HandoverResource(agent),
                new CheckpointResource(agent),
                new CompatibilityResource());
        return new JettyHttpContainerProvider().createContainer(Handler.class, resources);
    }

    /**
     * To be called after a reload of the files: binds anew if the address, a TLS setting or the certificate on disk has
     * changed. What cannot be used is logged, and the server goes on as it was where it can.
     */
    public synchronized void reconfigure() {
        Listener.Binding wanted = Listener.Binding.of(live.state().agent().rest());
        if (closed || wanted.equals(prepared.binding())) {
            return;
        }
        try {
            Listener.Prepared next = Listener.Prepared.of(wanted);
            listener.ifPresent(Listener::close);
            listener = Optional.empty();
            listener = Optional.of(open(next));
            prepared = next;
            log.info("the REST API listens on {} with its new settings", wanted.listen());
        } catch (RestServerException e) {
            log.error("{}; the REST API goes on with its former settings", e.getMessage());
            restore();
        }
    }

    private void restore() {
        if (listener.isPresent()) {
            return;
        }
        try {
            listener = Optional.of(open(prepared));
        } catch (RestServerException e) {
            log.error("the REST API is not served: {}", e.getMessage());
        }
    }

    /** The port it listens on; 0 while it doesn't. */
    public synchronized int port() {
        return listener.map(Listener::port).orElse(0);
    }

    @Override
    public synchronized void close() {
        closed = true;
        timer.close();
        listener.ifPresent(Listener::close);
        listener = Optional.empty();
    }
}

package io.matriarch.adapters.raft;

import com.alipay.sofa.jraft.NodeManager;
import com.alipay.sofa.jraft.RaftGroupService;
import com.alipay.sofa.jraft.StateMachine;
import com.alipay.sofa.jraft.conf.Configuration;
import com.alipay.sofa.jraft.entity.PeerId;
import com.alipay.sofa.jraft.option.NodeOptions;
import com.alipay.sofa.jraft.option.RaftOptions;
import com.alipay.sofa.jraft.option.ReadOnlyOption;
import com.alipay.sofa.jraft.rpc.RaftRpcServerFactory;
import com.alipay.sofa.jraft.rpc.RpcProcessor;
import com.alipay.sofa.jraft.util.ThreadPoolsFactory;
import io.matriarch.adapters.raft.log.FileLogSettings;
import io.matriarch.adapters.raft.rpc.JraftDefaults;
import io.matriarch.adapters.raft.rpc.RaftTransport;
import io.matriarch.adapters.raft.rpc.SocketRpcFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** Starts jraft nodes with every setting we rely on. */
public final class RaftNodes {

    static {
        JraftDefaults.set();
    }

    /** The directory of the log below the data directory. */
    static final String LOG = "log";

    /** One blocked by a snapshot that is being installed must leave others for votes and heartbeats. */
    private static final int RAFT_THREADS = 4;

    private static final Set<String> POOLS = ConcurrentHashMap.newKeySet();

    private RaftNodes() {}

    /**
     * Opens the port and starts the node. It belongs to the caller: close it.
     *
     * @param transport belongs to the caller, who closes it after the node
     * @param processors served on the Raft port besides jraft's own; their messages need a codec in the transport
     * @throws IOException if the directories cannot be made, the port cannot be opened, or the node does not start (the
     *     log says why: a corrupt log, for instance)
     */
    public static RaftGroup start(
            RaftNodeSettings settings, StateMachine machine, RaftTransport transport, List<RpcProcessor<?>> processors)
            throws IOException {
        return start(settings, machine, transport, processors, FileLogSettings.defaults());
    }

    /** As above, with settings for the log. */
    public static RaftGroup start(
            RaftNodeSettings settings,
            StateMachine machine,
            RaftTransport transport,
            List<RpcProcessor<?>> processors,
            FileLogSettings logSettings)
            throws IOException {
        Files.createDirectories(settings.dataDir());
        registerPool(settings.groupId());
        var factory = new RaftServiceFactory(logSettings);
        var options = options(settings, machine, transport, factory);
        var pools = new RaftGroup.Pools(pool("raft-rpc", RAFT_THREADS), pool("raft-cli", 1));
        var server = transport.server(settings.bind());
        RaftRpcServerFactory.addRaftRequestProcessors(server, pools.raft(), pools.cli());
        processors.forEach(server::registerProcessor);
        // Before the node, because jraft ignores whether its server could bind.
        if (!server.init(null)) {
            pools.shutdown();
            throw new IOException("cannot open the raft port " + settings.bind());
        }
        var service = new RaftGroupService(settings.groupId(), new PeerId(settings.self(), 0), options, server);
        try {
            var node = service.start(false);
            if (node == null) {
                throw new IOException("the raft node " + settings.self() + " does not start");
            }
            return new RaftGroup(settings, service, node, server, factory, pools, transport);
        } catch (IOException | RuntimeException e) {
            NodeManager.getInstance().removeAddress(settings.self());
            server.shutdown();
            pools.shutdown();
            throw new IOException("the raft node " + settings.self() + " does not start: " + e.getMessage(), e);
        }
    }

    /** jraft's options for a node with this transport. */
    static NodeOptions options(
            RaftNodeSettings settings, StateMachine machine, RaftTransport transport, RaftServiceFactory factory) {
        int electionMillis = (int) settings.electionTimeout().toMillis();
        var options = new WithTransport(transport);
        options.setServiceFactory(factory);
        options.setFsm(machine);
        options.setLogUri(settings.dataDir().resolve(LOG).toString());
        options.setRaftMetaUri(settings.dataDir().resolve("meta").toString());
        options.setSnapshotUri(settings.dataDir().resolve("snapshot").toString());
        options.setElectionTimeoutMs(electionMillis);
        // RaftGroup decides when: jraft knows no limit by size.
        options.setSnapshotIntervalSecs(0);
        options.setSnapshotLogIndexMargin(0);
        options.setRpcConnectTimeoutMs(electionMillis / 2);
        options.setRpcDefaultTimeout(electionMillis * 2);
        options.setRpcProcessorThreadPoolSize(3);
        options.setRaftRpcThreadPoolSize(RAFT_THREADS);
        options.setCliRpcThreadPoolSize(1);
        options.setTimerPoolSize(2);
        options.setSharedTimerPool(true);
        options.setSharedElectionTimer(true);
        options.setSharedVoteTimer(true);
        options.setSharedStepDownTimer(true);
        options.setSharedSnapshotTimer(true);
        var members = new Configuration();
        settings.initialMembers().forEach(member -> members.addPeer(new PeerId(member, 0)));
        options.setInitialConf(members);
        options.setRaftOptions(raftOptions(settings));
        return options;
    }

    private static RaftOptions raftOptions(RaftNodeSettings settings) {
        var raft = new RaftOptions();
        raft.setSync(true);
        raft.setSyncMeta(true);
        raft.setEnableLogEntryChecksum(true);
        raft.setReadOnlyOptions(ReadOnlyOption.ReadOnlySafe);
        raft.setMaxElectionDelayMs((int) settings.maxElectionDelay().toMillis());
        // Followers hear of most commits with the next heartbeat, and a hand-over is a few of them in a row. Fewer
        // would
        // cost less of the processor all day long, and a fifth of a second more at each switchover.
        raft.setElectionHeartbeatFactor(10);
        raft.setDisruptorBufferSize(512);
        raft.setMaxReplicatorInflightMsgs(64);
        raft.setMaxLogsInMemoryBytes(8L * 1024 * 1024);
        raft.setOpenStatistics(false);
        return raft;
    }

    /**
     * jraft runs the closures of a group, and the wake-ups of its replicators, in a pool that rejects when full, and a lost
     * wake-up stops replication for good (its issues 1271 and 1274). This pool has no limit and costs no platform thread;
     * what runs in it is bounded by the requests in flight. It lives as long as the process, as jraft has no way to take
     * one back.
     */
    private static void registerPool(String groupId) {
        if (POOLS.add(groupId)) {
            ThreadPoolsFactory.registerThreadPool(
                    groupId,
                    new ThreadPoolExecutor(
                            0,
                            Integer.MAX_VALUE,
                            10,
                            TimeUnit.SECONDS,
                            new SynchronousQueue<>(),
                            Thread.ofVirtual().name("raft-closure-", 0).factory()));
        }
    }

    /** Has a queue instead of rejecting: how much waits is bounded by the requests a connection may have open. */
    private static ThreadPoolExecutor pool(String name, int threads) {
        var pool = new ThreadPoolExecutor(
                threads,
                threads,
                60,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(),
                Thread.ofPlatform().daemon().name(name + "-", 0).factory());
        pool.allowCoreThreadTimeOut(true);
        return pool;
    }

    private static final class WithTransport extends NodeOptions implements SocketRpcFactory.TransportHolder {
        private final RaftTransport transport;

        WithTransport(RaftTransport transport) {
            this.transport = transport;
        }

        @Override
        public RaftTransport transport() {
            return transport;
        }
    }
}

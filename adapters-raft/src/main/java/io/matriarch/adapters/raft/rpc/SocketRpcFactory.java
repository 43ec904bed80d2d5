package io.matriarch.adapters.raft.rpc;

import com.alipay.sofa.jraft.option.RpcOptions;
import com.alipay.sofa.jraft.rpc.RaftRpcFactory;
import com.alipay.sofa.jraft.rpc.RpcClient;
import com.alipay.sofa.jraft.rpc.RpcServer;
import com.alipay.sofa.jraft.util.Endpoint;
import com.alipay.sofa.jraft.util.SPI;

/**
 * What jraft's service loader finds instead of its own transport. There is one for the whole process, so it has no
 * settings: the transport of a node comes with the options of the node, which implement {@link TransportHolder}.
 */
@SPI(name = "matriarch", priority = 100)
public final class SocketRpcFactory implements RaftRpcFactory {

    /** Options that know their transport. */
    public interface TransportHolder {
        RaftTransport transport();
    }

    /** Called by the service loader. */
    public SocketRpcFactory() {
        // Nothing to set up.
    }

    @Override
    public void registerProtobufSerializer(String className, Object... args) {
        // The table of messages is closed: see WireCodecs.
    }

    @Override
    public RpcClient createRpcClient(ConfigHelper<RpcClient> helper) {
        var client = new LateClient();
        if (helper != null) {
            helper.config(client);
        }
        return client;
    }

    @Override
    public RpcServer createRpcServer(Endpoint endpoint, ConfigHelper<RpcServer> helper) {
        throw new UnsupportedOperationException("make the server with RaftTransport.server and pass it to jraft");
    }

    static RaftTransport transportOf(RpcOptions options) {
        if (options instanceof TransportHolder holder) {
            return holder.transport();
        }
        throw new IllegalArgumentException(
                "the options have no transport: " + options.getClass().getName());
    }
}

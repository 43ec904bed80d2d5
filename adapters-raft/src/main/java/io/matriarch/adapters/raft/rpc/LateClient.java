package io.matriarch.adapters.raft.rpc;

import com.alipay.sofa.jraft.ReplicatorGroup;
import com.alipay.sofa.jraft.error.RemotingException;
import com.alipay.sofa.jraft.option.RpcOptions;
import com.alipay.sofa.jraft.rpc.InvokeCallback;
import com.alipay.sofa.jraft.rpc.InvokeContext;
import com.alipay.sofa.jraft.rpc.RpcClient;
import com.alipay.sofa.jraft.util.Endpoint;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A client that learns its transport from the options given to {@link #init}, because jraft makes it before. */
final class LateClient implements RpcClient {

    private final List<ReplicatorGroup> early = new ArrayList<>();
    private volatile Optional<RpcClient> client = Optional.empty();

    private RpcClient client() {
        return client.orElseThrow(() -> new IllegalStateException("the raft client is not initialized"));
    }

    @Override
    public synchronized boolean init(RpcOptions options) {
        var made = SocketRpcFactory.transportOf(options).client();
        early.forEach(made::registerConnectEventListener);
        made.init(options);
        client = Optional.of(made);
        return true;
    }

    @Override
    public synchronized void registerConnectEventListener(ReplicatorGroup group) {
        early.add(group);
        client.ifPresent(made -> made.registerConnectEventListener(group));
    }

    @Override
    public void shutdown() {
        client.ifPresent(RpcClient::shutdown);
    }

    @Override
    public boolean checkConnection(Endpoint endpoint) {
        return client().checkConnection(endpoint);
    }

    @Override
    public boolean checkConnection(Endpoint endpoint, boolean createIfAbsent) {
        return client().checkConnection(endpoint, createIfAbsent);
    }

    @Override
    public void closeConnection(Endpoint endpoint) {
        client().closeConnection(endpoint);
    }

    @Override
    public Object invokeSync(Endpoint endpoint, Object request, InvokeContext context, long timeoutMs)
            throws InterruptedException, RemotingException {
        return client().invokeSync(endpoint, request, context, timeoutMs);
    }

    @Override
    public void invokeAsync(
            Endpoint endpoint, Object request, InvokeContext context, InvokeCallback callback, long timeoutMs)
            throws InterruptedException, RemotingException {
        client().invokeAsync(endpoint, request, context, callback, timeoutMs);
    }
}

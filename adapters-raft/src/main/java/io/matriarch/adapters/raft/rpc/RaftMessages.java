package io.matriarch.adapters.raft.rpc;

import com.alipay.sofa.jraft.rpc.CliRequests;
import com.alipay.sofa.jraft.rpc.RpcRequests;
import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import java.util.HashMap;
import java.util.Map;

/**
 * The messages of Raft itself. A class of their own, because they bring half of protobuf with them: a command line that
 * only asks the store must not load them.
 */
final class RaftMessages {

    static {
        JraftDefaults.set();
    }

    static final WireCodecs TABLE = table();

    private RaftMessages() {}

    /** The numbers are part of the protocol: never reuse or renumber one. */
    private static WireCodecs table() {
        var table = new Table();
        table.add(1, RpcRequests.ErrorResponse.class, RpcRequests.ErrorResponse.parser());
        table.add(2, RpcRequests.PingRequest.class, RpcRequests.PingRequest.parser());
        table.add(3, RpcRequests.RequestVoteRequest.class, RpcRequests.RequestVoteRequest.parser());
        table.add(4, RpcRequests.RequestVoteResponse.class, RpcRequests.RequestVoteResponse.parser());
        table.add(5, RpcRequests.AppendEntriesRequest.class, RpcRequests.AppendEntriesRequest.parser());
        table.add(6, RpcRequests.AppendEntriesResponse.class, RpcRequests.AppendEntriesResponse.parser());
        table.add(7, RpcRequests.InstallSnapshotRequest.class, RpcRequests.InstallSnapshotRequest.parser());
        table.add(8, RpcRequests.InstallSnapshotResponse.class, RpcRequests.InstallSnapshotResponse.parser());
        table.add(9, RpcRequests.GetFileRequest.class, RpcRequests.GetFileRequest.parser());
        table.add(10, RpcRequests.GetFileResponse.class, RpcRequests.GetFileResponse.parser());
        table.add(11, RpcRequests.TimeoutNowRequest.class, RpcRequests.TimeoutNowRequest.parser());
        table.add(12, RpcRequests.TimeoutNowResponse.class, RpcRequests.TimeoutNowResponse.parser());
        table.add(13, RpcRequests.ReadIndexRequest.class, RpcRequests.ReadIndexRequest.parser());
        table.add(14, RpcRequests.ReadIndexResponse.class, RpcRequests.ReadIndexResponse.parser());
        table.add(50, CliRequests.AddPeerRequest.class, CliRequests.AddPeerRequest.parser());
        table.add(51, CliRequests.AddPeerResponse.class, CliRequests.AddPeerResponse.parser());
        table.add(52, CliRequests.RemovePeerRequest.class, CliRequests.RemovePeerRequest.parser());
        table.add(53, CliRequests.RemovePeerResponse.class, CliRequests.RemovePeerResponse.parser());
        table.add(54, CliRequests.ChangePeersRequest.class, CliRequests.ChangePeersRequest.parser());
        table.add(55, CliRequests.ChangePeersResponse.class, CliRequests.ChangePeersResponse.parser());
        table.add(56, CliRequests.ResetPeerRequest.class, CliRequests.ResetPeerRequest.parser());
        table.add(57, CliRequests.SnapshotRequest.class, CliRequests.SnapshotRequest.parser());
        table.add(58, CliRequests.TransferLeaderRequest.class, CliRequests.TransferLeaderRequest.parser());
        table.add(59, CliRequests.GetLeaderRequest.class, CliRequests.GetLeaderRequest.parser());
        table.add(60, CliRequests.GetLeaderResponse.class, CliRequests.GetLeaderResponse.parser());
        table.add(61, CliRequests.GetPeersRequest.class, CliRequests.GetPeersRequest.parser());
        table.add(62, CliRequests.GetPeersResponse.class, CliRequests.GetPeersResponse.parser());
        table.add(63, CliRequests.AddLearnersRequest.class, CliRequests.AddLearnersRequest.parser());
        table.add(64, CliRequests.RemoveLearnersRequest.class, CliRequests.RemoveLearnersRequest.parser());
        table.add(65, CliRequests.ResetLearnersRequest.class, CliRequests.ResetLearnersRequest.parser());
        table.add(66, CliRequests.LearnersOpResponse.class, CliRequests.LearnersOpResponse.parser());
        return new WireCodecs(table.ids, table.classes);
    }

    private static final class Table {
        private final Map<Integer, WireCodec<?>> ids = new HashMap<>();
        private final Map<Class<?>, WireCodec<?>> classes = new HashMap<>();

        <M extends Message> void add(int typeId, Class<M> type, Parser<M> parser) {
            WireCodecs.add(
                    ids,
                    classes,
                    new WireCodec<>(typeId, type, Message::toByteArray, bytes -> parser.parseFrom(bytes)));
        }
    }
}

package io.matriarch.adapters.etcd;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import io.etcd.jetcd.api.Compare;
import io.etcd.jetcd.api.DeleteRangeRequest;
import io.etcd.jetcd.api.PutRequest;
import io.etcd.jetcd.api.RangeRequest;
import io.etcd.jetcd.api.RequestOp;
import io.etcd.jetcd.api.TxnRequest;
import io.matriarch.ports.dcs.Change;
import java.util.ArrayList;
import java.util.List;

/** The parts of etcd transactions. */
final class EtcdRequests {

    /**
     * Comparison of the lease a key is attached to: etcd has it since 3.3, jetcd's copy of the protocol has not. The
     * numbers are those of etcd's {@code rpc.proto}: {@code CompareTarget.LEASE = 4}, {@code int64 lease = 8}.
     */
    private static final int COMPARE_LEASE = 4;

    private static final int COMPARE_LEASE_FIELD = 8;

    private EtcdRequests() {}

    /** The key exists and lives by this lease. A put keeps a key's create revision, its lease is the identity. */
    static Compare leaseIs(ByteString key, long lease) {
        var value = UnknownFieldSet.newBuilder()
                .addField(
                        COMPARE_LEASE_FIELD,
                        UnknownFieldSet.Field.newBuilder().addVarint(lease).build())
                .build();
        return Compare.newBuilder()
                .setKey(key)
                .setResult(Compare.CompareResult.EQUAL)
                .setTargetValue(COMPARE_LEASE)
                .setUnknownFields(value)
                .build();
    }

    static Compare isAbsent(ByteString key) {
        return Compare.newBuilder()
                .setKey(key)
                .setResult(Compare.CompareResult.EQUAL)
                .setTarget(Compare.CompareTarget.CREATE)
                .setCreateRevision(0)
                .build();
    }

    static Compare valueIs(ByteString key, String value) {
        return Compare.newBuilder()
                .setKey(key)
                .setResult(Compare.CompareResult.EQUAL)
                .setTarget(Compare.CompareTarget.VALUE)
                .setValue(ByteString.copyFromUtf8(value))
                .build();
    }

    /** A change's conditions: an absent key has the modification revision 0. */
    static List<Compare> conditions(EtcdKeys keys, Change change) {
        var compares = new ArrayList<Compare>();
        for (var condition : change.unchanged()) {
            compares.add(Compare.newBuilder()
                    .setKey(keys.key(condition.key()))
                    .setResult(Compare.CompareResult.EQUAL)
                    .setTarget(Compare.CompareTarget.MOD)
                    .setModRevision(condition.revision().value())
                    .build());
        }
        return compares;
    }

    static List<RequestOp> writes(EtcdKeys keys, Change change) {
        var operations = new ArrayList<RequestOp>();
        for (var write : change.writes()) {
            var key = keys.key(write.key());
            operations.add(write.value().map(text -> put(key, text, 0)).orElseGet(() -> delete(key)));
        }
        return operations;
    }

    /** A lease of 0 is none. */
    static RequestOp put(ByteString key, String value, long lease) {
        var request = PutRequest.newBuilder()
                .setKey(key)
                .setValue(ByteString.copyFromUtf8(value))
                .setLease(lease);
        return RequestOp.newBuilder().setRequestPut(request).build();
    }

    static RequestOp delete(ByteString key) {
        return RequestOp.newBuilder()
                .setRequestDeleteRange(DeleteRangeRequest.newBuilder().setKey(key))
                .build();
    }

    static RequestOp get(ByteString key) {
        return RequestOp.newBuilder()
                .setRequestRange(RangeRequest.newBuilder().setKey(key))
                .build();
    }

    static RequestOp nested(TxnRequest transaction) {
        return RequestOp.newBuilder().setRequestTxn(transaction).build();
    }
}

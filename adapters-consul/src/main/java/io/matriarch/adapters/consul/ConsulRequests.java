package io.matriarch.adapters.consul;

import io.matriarch.domain.cluster.Revision;
import io.matriarch.ports.dcs.Change;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import org.kiwiproject.consul.model.kv.ImmutableOperation;
import org.kiwiproject.consul.model.kv.Operation;
import org.kiwiproject.consul.model.kv.Verb;

/** The parts of Consul's transactions; one that fails undoes them all. */
final class ConsulRequests {

    /** Readers of JSON may take numbers for floating-point ones. */
    private static final long LARGEST_EXACT = 1L << 53;

    private ConsulRequests() {}

    /** The client's list of verbs lacks this one; Consul has had it since its transactions. */
    static Operation isAbsent(String key) {
        return ImmutableOperation.builder().verb("check-not-exists").key(key).build();
    }

    static Operation indexIs(String key, long index) {
        return Operation.builder(Verb.CHECK_INDEX)
                .key(key)
                .index(BigInteger.valueOf(index))
                .build();
    }

    /** The key exists and lives by this session. */
    static Operation sessionIs(String key, String session) {
        return Operation.builder(Verb.CHECK_SESSION).key(key).session(session).build();
    }

    /** The key gets this value and lives by this session from now on; fails while another session has it. */
    static Operation lock(String key, String value, String session) {
        return Operation.builder(Verb.LOCK)
                .key(key)
                .value(value)
                .session(session)
                .build();
    }

    /**
     * The key gets this value and in any case a new index: Consul takes a value that is there already for no change,
     * although who wrote it first must find out (SAF-018). So each write has flags of its own, which nobody reads.
     */
    static Operation put(String key, String value) {
        return Operation.builder(Verb.SET)
                .key(key)
                .value(value)
                .flags(ThreadLocalRandom.current().nextLong(1, LARGEST_EXACT))
                .build();
    }

    static Operation delete(String key) {
        return Operation.builder(Verb.DELETE).key(key).build();
    }

    static Operation deleteIf(String key, long index) {
        return Operation.builder(Verb.DELETE_CHECK_AND_SET)
                .key(key)
                .index(BigInteger.valueOf(index))
                .build();
    }

    static Operation deleteTree(String prefix) {
        return Operation.builder(Verb.DELETE_TREE).key(prefix).build();
    }

    static List<Operation> conditions(ConsulKeys keys, Change change) {
        var operations = new ArrayList<Operation>();
        for (var condition : change.unchanged()) {
            var key = keys.key(condition.key());
            operations.add(
                    condition.revision().equals(Revision.ABSENT)
                            ? isAbsent(key)
                            : indexIs(key, condition.revision().value()));
        }
        return operations;
    }

    static List<Operation> writes(ConsulKeys keys, Change change) {
        var operations = new ArrayList<Operation>();
        for (var write : change.writes()) {
            var key = keys.key(write.key());
            operations.add(write.value().map(text -> put(key, text)).orElseGet(() -> delete(key)));
        }
        return operations;
    }
}

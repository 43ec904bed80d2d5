package io.matriarch.adapters.etcd;

import com.google.protobuf.ByteString;
import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.cluster.Scope;
import io.matriarch.ports.dcs.StoreKey;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** Names of a scope's keys in etcd: {@code /service/batman/leader} (dcs-layout §1). */
final class EtcdKeys {

    private final String base;
    private final ByteString leader;
    private final Map<String, StoreKey> known = new HashMap<>();

    EtcdKeys(Scope scope) {
        this.base = scope.path();
        this.leader = key(StoreKey.LEADER);
        for (var key : StoreKey.values()) {
            known.put(key.path(), key);
        }
    }

    /** First key of the scope's range. */
    ByteString first() {
        return ByteString.copyFromUtf8(base);
    }

    /** The first key behind the scope's range: the prefix ends with a slash, and a zero follows the slash. */
    ByteString end() {
        return ByteString.copyFromUtf8(base.substring(0, base.length() - 1) + (char) ('/' + 1));
    }

    ByteString leader() {
        return leader;
    }

    ByteString key(StoreKey key) {
        return ByteString.copyFromUtf8(base + key.path());
    }

    ByteString member(MemberName name) {
        return ByteString.copyFromUtf8(base + StoreKey.MEMBERS + name.value());
    }

    Optional<StoreKey> storeKey(ByteString key) {
        return Optional.ofNullable(known.get(relative(key)));
    }

    /** The member whose key it is; keys deeper below {@code members/} are nobody's. */
    Optional<MemberName> memberName(ByteString key) {
        var path = relative(key);
        if (!path.startsWith(StoreKey.MEMBERS)) {
            return Optional.empty();
        }
        var name = path.substring(StoreKey.MEMBERS.length());
        return name.isBlank() || name.indexOf('/') >= 0 ? Optional.empty() : Optional.of(new MemberName(name));
    }

    private String relative(ByteString key) {
        var path = key.toStringUtf8();
        return path.startsWith(base) ? path.substring(base.length()) : "";
    }
}

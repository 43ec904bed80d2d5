package io.matriarch.adapters.consul;

import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.cluster.Scope;
import io.matriarch.ports.dcs.StoreKey;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** Names of a scope's keys in Consul: {@code service/batman/leader}, without a leading slash (DCS-002). */
final class ConsulKeys {

    private final String base;
    private final Map<String, StoreKey> known = new HashMap<>();

    ConsulKeys(Scope scope) {
        this.base = scope.path().substring(1);
        for (var key : StoreKey.values()) {
            known.put(key.path(), key);
        }
    }

    /** The prefix of every key, with a slash at its end: a scope whose name begins with ours is not below it. */
    String prefix() {
        return base;
    }

    String leader() {
        return key(StoreKey.LEADER);
    }

    String key(StoreKey key) {
        return base + key.path();
    }

    String member(MemberName name) {
        return base + StoreKey.MEMBERS + name.value();
    }

    Optional<StoreKey> storeKey(String key) {
        return Optional.ofNullable(known.get(relative(key)));
    }

    /** The member whose key it is; keys deeper below {@code members/} are nobody's. */
    Optional<MemberName> memberName(String key) {
        var path = relative(key);
        if (!path.startsWith(StoreKey.MEMBERS)) {
            return Optional.empty();
        }
        var name = path.substring(StoreKey.MEMBERS.length());
        return name.isBlank() || name.indexOf('/') >= 0 ? Optional.empty() : Optional.of(new MemberName(name));
    }

    private String relative(String key) {
        return key.startsWith(base) ? key.substring(base.length()) : "";
    }
}

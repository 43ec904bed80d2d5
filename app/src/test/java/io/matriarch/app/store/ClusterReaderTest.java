package io.matriarch.app.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.matriarch.domain.cluster.LeaseId;
import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.cluster.Revision;
import io.matriarch.ports.dcs.StoreKey;
import io.matriarch.ports.dcs.StoreSnapshot;
import io.matriarch.ports.dcs.StoredValue;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class ClusterReaderTest {

    @Test
    @DisplayName("whatever comes, goes and changes between two snapshots, it reads what the codec reads")
    void sameAsTheCodec() {
        var random = new Random(1);
        var reader = new ClusterReader();
        Map<StoreKey, StoredValue> keys = new EnumMap<>(StoreKey.class);
        var members = new TreeMap<MemberName, StoredValue>();
        for (int revision = 1; revision < 500; revision++) {
            var name = new MemberName("srv" + random.nextInt(3));
            switch (random.nextInt(6)) {
                case 0 -> members.put(name, value("{\"state\":\"running\",\"timeline\":" + revision + "}", revision));
                case 1 -> members.remove(name);
                case 2 -> keys.put(StoreKey.STATUS, value("{\"optime\":" + revision + "}", revision));
                case 3 -> keys.put(StoreKey.LEADER, value(name.value(), revision));
                case 4 -> keys.remove(StoreKey.LEADER);
                default -> keys.put(StoreKey.FAILOVER, value("{\"member\":\"" + name + "\"}", revision));
            }
            var snapshot = new StoreSnapshot(keys, members);
            assertThat(reader.decode(snapshot)).isEqualTo(ClusterCodec.decode(snapshot));
        }
    }

    @Test
    @DisplayName("what has not changed is not read again")
    void readsOnce() {
        var reader = new ClusterReader();
        var members = new TreeMap<MemberName, StoredValue>();
        members.put(new MemberName("srv1"), value("{\"state\":\"running\"}", 1));
        members.put(new MemberName("srv2"), value("{\"state\":\"running\"}", 2));
        var first = reader.decode(new StoreSnapshot(Map.of(), members));
        assertThat(reader.decode(new StoreSnapshot(Map.of(), members))).isSameAs(first);
        members.put(new MemberName("srv2"), value("{\"state\":\"stopped\"}", 3));
        var next = reader.decode(new StoreSnapshot(Map.of(), members));
        assertThat(next.members().getFirst()).isSameAs(first.members().getFirst());
        assertThat(next.members().getLast().state()).isEqualTo("stopped");
    }

    private static StoredValue value(String text, long revision) {
        return new StoredValue(text, new Revision(revision), Optional.of(new LeaseId("lease-" + revision)));
    }
}

package io.matriarch.app.store;

import io.matriarch.domain.cluster.ClusterView;
import io.matriarch.domain.cluster.Member;
import io.matriarch.domain.cluster.MemberName;
import io.matriarch.ports.dcs.StoreKey;
import io.matriarch.ports.dcs.StoreSnapshot;
import io.matriarch.ports.dcs.StoredValue;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads one snapshot after the other, and of each only what is new: most of the turns find most of the keys as they were.
 * Not for several threads.
 */
public final class ClusterReader {

    private record Read(StoredValue value, Member member) {}

    private Map<MemberName, Read> known = new HashMap<>();
    private Map<StoreKey, StoredValue> lastKeys = Map.of();
    private ClusterView last = ClusterView.EMPTY;

    public ClusterView decode(StoreSnapshot snapshot) {
        Map<MemberName, Read> next = new HashMap<>();
        List<Member> members = new ArrayList<>();
        boolean changed = snapshot.members().size() != known.size();
        for (Map.Entry<MemberName, StoredValue> entry : snapshot.members().entrySet()) {
            Read read = known.get(entry.getKey());
            if (read == null || !read.value().equals(entry.getValue())) {
                changed = true;
                read = new Read(
                        entry.getValue(),
                        MemberCodec.decode(entry.getKey(), entry.getValue().text()));
            }
            next.put(entry.getKey(), read);
            members.add(read.member());
        }
        known = next;
        if (changed || !snapshot.keys().equals(lastKeys)) {
            last = ClusterCodec.decode(snapshot, members, last, lastKeys);
            lastKeys = snapshot.keys();
        }
        return last;
    }
}

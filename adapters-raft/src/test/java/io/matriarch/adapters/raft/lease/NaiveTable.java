package io.matriarch.adapters.raft.lease;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * The twin of the table, written from the rules alone: a list of rows, each with its lease, and no index of anything. Slow
 * and obvious.
 */
final class NaiveTable {

    static final class Row {
        final String path;
        String value = "";
        long revision;
        Optional<String> lease = Optional.empty();
        String holder = "";
        long seq;
        long ttl;

        Row(String path) {
            this.path = path;
        }
    }

    final List<Row> rows = new ArrayList<>();
    final List<String> gone = new ArrayList<>();
    private final List<RequestId> requests = new ArrayList<>();
    private final List<Boolean> answers = new ArrayList<>();

    /** Whether it was applied. */
    boolean apply(long index, RaftCommand command) {
        if (command instanceof RaftCommand.Once once) {
            int known = requests.indexOf(once.request());
            if (known >= 0) {
                return answers.get(known);
            }
            boolean done = run(index, command);
            requests.add(once.request());
            answers.add(done);
            return done;
        }
        return run(index, command);
    }

    private boolean run(long index, RaftCommand command) {
        return switch (command) {
            case RaftCommand.Acquire c ->
                find(c.scope() + "leader").isEmpty()
                        && isFresh(c.leaseId())
                        && hold(c.scope(), c.edit())
                        && set(c.scope() + "leader", c.holder(), c.holder(), c.leaseId(), index, c.ttlMillis())
                        && put(index, c.scope(), c.edit());
            case RaftCommand.Renew c ->
                leader(c.scope(), c.leaseId())
                        .map(row -> {
                            row.seq = index;
                            row.ttl = c.ttlMillis();
                            return true;
                        })
                        .orElse(false);
            case RaftCommand.Adopt c ->
                leader(c.scope(), c.former())
                                .filter(row -> row.holder.equals(c.holder()))
                                .isPresent()
                        && isFresh(c.leaseId())
                        && drop(c.scope() + "leader")
                        && set(c.scope() + "leader", c.holder(), c.holder(), c.leaseId(), index, c.ttlMillis());
            case RaftCommand.Release c ->
                leader(c.scope(), c.leaseId()).isPresent()
                        && hold(c.scope(), c.edit())
                        && drop(c.scope() + "leader")
                        && put(index, c.scope(), c.edit());
            case RaftCommand.HandOver c ->
                leader(c.scope(), c.leaseId()).isPresent()
                        && isFresh(c.offered())
                        && hold(c.scope(), c.edit())
                        && drop(c.scope() + "leader")
                        && set(c.scope() + "leader", c.receiver(), c.receiver(), c.offered(), index, c.ttlMillis())
                        && put(index, c.scope(), c.edit());
            case RaftCommand.Write c ->
                (c.fence().isEmpty() || leader(c.scope(), c.fence().get()).isPresent())
                        && hold(c.scope(), c.edit())
                        && put(index, c.scope(), c.edit());
            case RaftCommand.PublishMember c -> publish(index, c);
            case RaftCommand.RemoveScope c -> {
                for (var row : List.copyOf(rows)) {
                    if (row.path.startsWith(c.scope())) {
                        drop(row.path);
                    }
                }
                yield true;
            }
            case RaftCommand.Expire c ->
                rows.stream()
                        .filter(row -> row.lease.equals(Optional.of(c.leaseId())) && row.seq == c.seq())
                        .findFirst()
                        .map(row -> drop(row.path))
                        .orElse(false);
            case RaftCommand.Noop() -> true;
            case RaftCommand.NameCluster _ -> true;
            case RaftCommand.Recover _ -> true;
        };
    }

    private boolean publish(long index, RaftCommand.PublishMember c) {
        var path = c.scope() + "members/" + c.member();
        var known = find(path);
        boolean ours = known.isPresent() && known.get().lease.equals(Optional.of(c.leaseId()));
        if (!ours && !isFresh(c.leaseId())) {
            return false;
        }
        if (ours && known.get().value.equals(c.value())) {
            known.get().seq = index;
            known.get().ttl = c.ttlMillis();
            return true;
        }
        return set(path, c.value(), c.member(), c.leaseId(), index, c.ttlMillis());
    }

    private Optional<Row> leader(String scope, String lease) {
        return find(scope + "leader").filter(row -> row.lease.equals(Optional.of(lease)));
    }

    Optional<Row> find(String path) {
        return rows.stream().filter(row -> row.path.equals(path)).findFirst();
    }

    private boolean isFresh(String lease) {
        return !gone.contains(lease) && rows.stream().noneMatch(row -> row.lease.equals(Optional.of(lease)));
    }

    private boolean hold(String scope, Edit edit) {
        return edit.conditions().stream()
                .allMatch(condition ->
                        find(scope + condition.key()).map(row -> row.revision).orElse(0L) == condition.revision());
    }

    private boolean put(long index, String scope, Edit edit) {
        for (var put : edit.puts()) {
            rows.removeIf(row -> row.path.equals(scope + put.key()));
            put.value().ifPresent(value -> {
                var row = new Row(scope + put.key());
                row.value = value;
                row.revision = index;
                rows.add(row);
            });
        }
        return true;
    }

    private boolean set(String path, String value, String holder, String lease, long index, long ttl) {
        rows.removeIf(row -> row.path.equals(path));
        var row = new Row(path);
        row.value = value;
        row.revision = index;
        row.lease = Optional.of(lease);
        row.holder = holder;
        row.seq = index;
        row.ttl = ttl;
        return rows.add(row);
    }

    private boolean drop(String path) {
        var row = find(path).orElseThrow();
        if (path.endsWith("/leader")) {
            gone.add(row.lease.orElseThrow());
        }
        return rows.remove(row);
    }

    boolean looksLike(LeaseTable table) {
        var seen = table.entries();
        return seen.size() == rows.size()
                && rows.stream().allMatch(row -> {
                    var entry = seen.get(row.path);
                    return entry != null
                            && entry.value().equals(row.value)
                            && entry.revision() == row.revision
                            && entry.lease().equals(row.lease)
                            && row.lease.stream().allMatch(id -> {
                                var lease = table.lease(id).orElseThrow();
                                return lease.seq() == row.seq
                                        && lease.ttlMillis() == row.ttl
                                        && Objects.equals(lease.holder(), row.holder)
                                        && lease.path().equals(row.path);
                            });
                })
                && table.leases().size()
                        == rows.stream().filter(row -> row.lease.isPresent()).count();
    }
}

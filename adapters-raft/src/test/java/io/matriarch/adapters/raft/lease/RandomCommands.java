package io.matriarch.adapters.raft.lease;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;

/** Seeded commands over few scopes, members and leases, so that they meet each other. Some are delivered twice. */
final class RandomCommands {

    private static final List<String> SCOPES = List.of("/service/a/", "/service/ab/");
    private static final List<String> KEYS = List.of("config", "failover", "sync", "status", "initialize", "epoch");
    private static final int LEASES = 12;

    private final Random random;
    private final List<RaftCommand> made = new ArrayList<>();

    RandomCommands(long seed) {
        this.random = new Random(seed);
    }

    RaftCommand next(LeaseTable table) {
        if (!made.isEmpty() && random.nextInt(12) == 0) {
            return made.get(random.nextInt(made.size()));
        }
        var command = fresh(table);
        made.add(command);
        return command;
    }

    private RaftCommand fresh(LeaseTable table) {
        var scope = SCOPES.get(random.nextInt(SCOPES.size()));
        return switch (random.nextInt(13)) {
            case 0, 1 -> new RaftCommand.Acquire(request(), scope, member(), lease(), ttl(), edit(scope, table));
            case 2, 3 -> new RaftCommand.Renew(scope, held(scope, table), ttl(), random.nextLong());
            case 4 -> new RaftCommand.Adopt(request(), scope, member(), held(scope, table), lease(), ttl());
            case 5 -> new RaftCommand.Release(request(), scope, held(scope, table), edit(scope, table));
            case 6 ->
                new RaftCommand.HandOver(
                        request(), scope, held(scope, table), member(), lease(), ttl(), edit(scope, table));
            case 7, 8 ->
                new RaftCommand.Write(
                        request(),
                        scope,
                        random.nextBoolean() ? Optional.of(held(scope, table)) : Optional.empty(),
                        edit(scope, table));
            case 9 ->
                new RaftCommand.PublishMember(scope, member(), "v" + random.nextInt(3), "m" + random.nextInt(4), ttl());
            case 10, 11 -> expire(table);
            default -> random.nextInt(10) == 0 ? new RaftCommand.RemoveScope(request(), scope) : new RaftCommand.Noop();
        };
    }

    private RaftCommand expire(LeaseTable table) {
        var leases = List.copyOf(table.leases());
        if (leases.isEmpty()) {
            return new RaftCommand.Expire(lease(), random.nextInt(10));
        }
        var lease = leases.get(random.nextInt(leases.size()));
        return new RaftCommand.Expire(lease.id(), lease.seq() - random.nextInt(2));
    }

    private String held(String scope, LeaseTable table) {
        var held = table.get(scope + "leader").flatMap(StoreEntry::lease);
        return random.nextInt(4) == 0 ? lease() : held.orElseGet(this::lease);
    }

    private Edit edit(String scope, LeaseTable table) {
        var conditions = new ArrayList<Edit.Condition>();
        var puts = new ArrayList<Edit.Put>();
        for (var key : KEYS) {
            int dice = random.nextInt(10);
            if (dice == 0) {
                long now = table.get(scope + key).map(StoreEntry::revision).orElse(0L);
                conditions.add(new Edit.Condition(key, random.nextInt(3) == 0 ? now + 1 : now));
            } else if (dice == 1) {
                puts.add(new Edit.Put(key, Optional.of("v" + random.nextInt(3))));
            } else if (dice == 2) {
                puts.add(new Edit.Put(key, Optional.empty()));
            }
        }
        return new Edit(conditions, puts);
    }

    private RequestId request() {
        return new RequestId(random.nextLong(), random.nextLong());
    }

    private String member() {
        return "node" + random.nextInt(3);
    }

    private String lease() {
        return "lease" + random.nextInt(LEASES * 20);
    }

    private long ttl() {
        return 1000L * (1 + random.nextInt(5));
    }
}

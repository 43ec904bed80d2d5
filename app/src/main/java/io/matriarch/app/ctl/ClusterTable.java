package io.matriarch.app.ctl;

import io.matriarch.app.config.Trees;
import io.matriarch.app.store.IsoTime;
import io.matriarch.app.store.MemberUrls;
import io.matriarch.app.store.MemberUrls.HostPort;
import io.matriarch.domain.cluster.Member;
import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.cluster.SwitchoverRequest;
import io.matriarch.domain.postgres.Lsn;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** A cluster as {@code list} and {@code topology} show it. */
final class ClusterTable {

    private static final int LONGEST_REASON = 50;
    private static final long MEBIBYTE = 1 << 20;

    private static final String PENDING = "Pending restart";
    private static final String REASON = "Pending restart reason";
    private static final String SCHEDULED = "Scheduled restart";
    private static final String TAGS = "Tags";
    private static final List<String> OPTIONAL = List.of(PENDING, REASON, SCHEDULED, TAGS);
    private static final Set<String> RIGHT = Set.of("TL", "Receive LSN", "Receive Lag", "Replay LSN", "Replay Lag");

    private final Cluster cluster;
    private final Format format;
    private final boolean extended;
    private final Map<MemberName, HostPort> hosts = new LinkedHashMap<>();

    private ClusterTable(Cluster cluster, Format format, boolean extended) {
        this.cluster = cluster;
        this.format = format;
        this.extended = extended;
        for (Member member : cluster.view().members()) {
            member.connUrl().flatMap(MemberUrls::ofConnUrl).ifPresent(host -> hosts.put(member.name(), host));
        }
    }

    static void print(Console console, Cluster cluster, Format format, boolean extended) {
        new ClusterTable(cluster, format, extended).print(console);
    }

    private void print(Console console) {
        List<Map<String, Object>> rows = rows();
        List<String> columns = columns(rows);
        switch (format) {
            case PRETTY, TOPOLOGY -> {
                picture(rows, columns).draw().forEach(console::line);
                footer(console);
            }
            case TSV -> Rows.tsv(console, columns, rows, "\t");
            case JSON -> Rows.json(console, Rows.withoutEmpty(rows));
            case YAML -> Rows.yaml(console, Rows.withoutEmpty(rows));
        }
    }

    private TextTable picture(List<Map<String, Object>> rows, List<String> columns) {
        List<String> shown = columns.subList(1, columns.size());
        List<TextTable.Column> titles = shown.stream()
                .map(name -> new TextTable.Column(name.endsWith(" Lag") ? "Lag" : name, RIGHT.contains(name)))
                .toList();
        List<List<String>> cells = new ArrayList<>();
        for (Map<String, Object> row : rows) {
            cells.add(shown.stream().map(name -> cell(row.get(name))).toList());
        }
        String title = " Cluster: " + cluster.name() + " (" + cluster.identity() + ") ";
        return new TextTable(Optional.of(title), titles, cells);
    }

    private String cell(Object value) {
        if (!(value instanceof Map<?, ?> tags)) {
            return value == null ? "" : Trees.text(value);
        }
        if (tags.isEmpty()) {
            return "";
        }
        return format == Format.TOPOLOGY ? Rows.flow(tags) : Rows.block(tags);
    }

    private List<String> columns(List<Map<String, Object>> rows) {
        List<String> columns = new ArrayList<>(List.of(
                "Cluster",
                "Member",
                "Host",
                "Role",
                "State",
                "TL",
                "Receive LSN",
                "Receive Lag",
                "Replay LSN",
                "Replay Lag"));
        for (String column : OPTIONAL) {
            if (extended
                    || rows.stream()
                            .anyMatch(row -> !Rows.isEmpty(row.get("Host")) && !Rows.isEmpty(row.get(column)))) {
                columns.add(column);
            }
        }
        return columns;
    }

    private List<Map<String, Object>> rows() {
        List<Map<String, Object>> rows = new ArrayList<>();
        if (format == Format.TOPOLOGY) {
            new Topology(cluster).walk((member, prefix) -> rows.add(row(member, prefix)));
        } else {
            cluster.view().members().forEach(member -> rows.add(row(member, "")));
        }
        return rows;
    }

    private Map<String, Object> row(Member member, String prefix) {
        Map<String, Object> document = cluster.document(member.name());
        boolean leader = cluster.isLeader(member);
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("Cluster", cluster.name());
        row.put("Member", prefix + member.name());
        row.put("Host", host(member));
        String role = role(member, leader);
        row.put("Role", role);
        row.put(
                "State",
                role.equals("Leader")
                        ? member.state()
                        : member.replicationState().orElse(member.state()));
        row.put(
                "TL",
                member.timeline().isKnown()
                        ? Integer.toUnsignedLong(member.timeline().value())
                        : "");
        positions(row, member, leader);
        row.put(PENDING, Trees.truthy(document.get("pending_restart")) ? "*" : "");
        row.put(REASON, reason(document));
        row.put(SCHEDULED, scheduled(document));
        row.put(TAGS, Trees.mapAt(document, "tags"));
        return row;
    }

    private String host(Member member) {
        HostPort host = hosts.get(member.name());
        if (host == null) {
            return "";
        }
        Set<String> names = new HashSet<>();
        boolean plain = hosts.values().stream()
                .allMatch(each -> each.port() == MemberUrls.POSTGRES_PORT && names.add(each.host()));
        return plain ? host.host() : host.toString();
    }

    private String role(Member member, boolean leader) {
        if (leader) {
            return RoleFilter.STANDBY_LEADER.matches(member, true) && cluster.leaderIsStandby()
                    ? "Standby Leader"
                    : "Leader";
        }
        if (cluster.isSynchronous() && cluster.view().sync().includes(member.name())) {
            return cluster.isQuorum() ? "Quorum Standby" : "Sync Standby";
        }
        return "Replica";
    }

    private void positions(Map<String, Object> row, Member member, boolean leader) {
        Optional<Lsn> received = member.received();
        Optional<Lsn> replayed = member.replayed();
        if (received.isEmpty() && replayed.isEmpty()) {
            // What members before 4.1 publish is the further one of the two.
            boolean streaming =
                    member.replicationState().filter("streaming"::equals).isPresent();
            received = streaming ? member.position() : Optional.empty();
            replayed = streaming ? Optional.empty() : member.position();
        }
        row.put("Receive LSN", leader ? "" : lsn(received));
        row.put("Receive Lag", leader ? "" : lag(received));
        row.put("Replay LSN", leader ? "" : lsn(replayed));
        row.put("Replay Lag", leader ? "" : lag(replayed));
    }

    private static String lsn(Optional<Lsn> position) {
        return position.filter(lsn -> !lsn.isZero()).map(Lsn::toString).orElse("unknown");
    }

    private Object lag(Optional<Lsn> position) {
        return position.filter(lsn -> !lsn.isZero())
                .<Object>map(lsn -> (long)
                        Math.rint((double) cluster.view().status().position().lagBytes(lsn) / MEBIBYTE))
                .orElse("");
    }

    private String reason(Map<String, Object> document) {
        List<String> lines = new ArrayList<>();
        Trees.mapAt(document, "pending_restart_reason").forEach((parameter, change) -> {
            Map<String, Object> values = Trees.asMap(change).orElse(Map.of());
            String line =
                    parameter + ": " + Trees.text(values.get("old_value")) + "->" + Trees.text(values.get("new_value"));
            boolean picture = format == Format.PRETTY || format == Format.TOPOLOGY;
            lines.add(picture && line.length() > LONGEST_REASON ? parameter + ": [hidden - too long]" : line);
        });
        return String.join("\n", lines);
    }

    private static String scheduled(Map<String, Object> document) {
        Map<String, Object> restart = Trees.mapAt(document, "scheduled_restart");
        if (restart.get("schedule") == null) {
            return "";
        }
        Object version = restart.get("postgres_version");
        return Trees.text(restart.get("schedule"))
                + (Trees.truthy(version) ? " if version < " + Trees.text(version) : "");
    }

    private void footer(Console console) {
        if (cluster.isPaused()) {
            console.line(" Maintenance mode: on");
        }
        cluster.view().request().ifPresent(request -> footer(console, request));
    }

    private static void footer(Console console, SwitchoverRequest request) {
        request.scheduledAt().ifPresent(at -> {
            console.line(" Switchover scheduled at: " + IsoTime.format(at));
            request.leader().ifPresent(name -> console.line(" ".repeat(20) + "from: " + name));
            request.candidate().ifPresent(name -> console.line(" ".repeat(22) + "to: " + name));
        });
    }
}

package io.matriarch.adapters.postgres;

import io.matriarch.domain.postgres.Timeline;
import io.matriarch.domain.postgres.Upstream;
import io.matriarch.domain.rewind.HistoryLine;
import io.matriarch.domain.rewind.LeaderTimeline;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;

/** Asks another server for its timeline: over SQL whether it is a primary, over the replication protocol the rest. */
final class LeaderQuery {

    private final Server server;

    LeaderQuery(Server server) {
        this.server = server;
    }

    LeaderTimeline ask(Upstream.Source leader, Duration patience) {
        return Bounded.call(
                "leader-query",
                patience,
                () -> primaryOf(leader, patience),
                why -> new LeaderTimeline.NoAnswer(leader.title() + ": " + why));
    }

    /** Of several hosts the one that is a primary; else that there is none among those that answer. */
    private LeaderTimeline primaryOf(Upstream.Source leader, Duration patience) {
        LeaderTimeline last = new LeaderTimeline.NoAnswer(leader.title() + " is no server to connect to");
        try {
            for (Endpoint endpoint : Endpoint.required(leader).each()) {
                LeaderTimeline answer = question(leader, endpoint, patience);
                if (answer instanceof LeaderTimeline.Primary) {
                    return answer;
                }
                if (!(last instanceof LeaderTimeline.InRecovery)) {
                    last = answer;
                }
            }
        } catch (IllegalArgumentException e) {
            return new LeaderTimeline.NoAnswer(leader.title() + ": " + e.getMessage());
        }
        return last;
    }

    private LeaderTimeline question(Upstream.Source leader, Endpoint endpoint, Duration patience) {
        PgSettings settings = server.settings();
        try {
            int checkpointTimeline;
            try (Connection connection = Jdbc.open(
                            settings.rewind(),
                            endpoint,
                            endpoint.database().orElse(settings.database()),
                            "Patroni rewind",
                            Jdbc.Bounds.within(patience));
                    Statement statement = connection.createStatement();
                    ResultSet row = statement.executeQuery(
                            "SELECT pg_catalog.pg_is_in_recovery(), (pg_catalog.pg_control_checkpoint()).timeline_id")) {
                if (!row.next()) {
                    return new LeaderTimeline.NoAnswer(leader.title() + " gave no answer");
                }
                if (row.getBoolean(1)) {
                    return new LeaderTimeline.InRecovery();
                }
                checkpointTimeline = row.getInt(2);
            }
            return history(leader, endpoint, checkpointTimeline, patience);
        } catch (SQLException e) {
            return new LeaderTimeline.NoAnswer(leader.title() + ": " + e.getMessage());
        }
    }

    private LeaderTimeline history(Upstream.Source leader, Endpoint endpoint, int checkpointTimeline, Duration patience)
            throws SQLException {
        try (Connection connection = Jdbc.openReplication(
                        server.settings().replication(), endpoint, "Patroni rewind", Jdbc.Bounds.within(patience));
                Statement statement = connection.createStatement()) {
            Timeline timeline;
            try (ResultSet row = statement.executeQuery("IDENTIFY_SYSTEM")) {
                if (!row.next()) {
                    return new LeaderTimeline.NoAnswer(leader.title() + " did not identify itself");
                }
                timeline = new Timeline(Integer.parseUnsignedInt(row.getString(2)));
            }
            List<HistoryLine> lines = List.of();
            if (Timeline.FIRST.isBefore(timeline)) {
                try (ResultSet row = statement.executeQuery("TIMELINE_HISTORY " + timeline)) {
                    if (!row.next()) {
                        return new LeaderTimeline.NoAnswer(leader.title() + " has no history of its timeline");
                    }
                    lines = TimelineHistory.parse(row.getString(2));
                }
            }
            return new LeaderTimeline.Primary(timeline, lines, checkpointTimeline == timeline.value());
        }
    }
}

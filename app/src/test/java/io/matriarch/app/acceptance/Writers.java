package io.matriarch.app.acceptance;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.TreeSet;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Clients that insert increasing numbers through a connection string with all members, reconnect when a connection
 * fails, and keep what was acknowledged. A number whose answer did not arrive may or may not be there.
 */
final class Writers implements AutoCloseable {

    private static final String TABLE = "acceptance_rows";

    private final Cluster cluster;
    private final List<Client> clients;
    private volatile boolean stopping;

    /** One client's own rows: no other client touches these lists before it has ended. */
    private final class Client {

        private final int number;
        private final Thread thread;
        private final List<Long> acknowledgedAt = new ArrayList<>();
        private final TreeSet<Long> acknowledged = new TreeSet<>();
        private final TreeSet<Long> unknown = new TreeSet<>();
        private volatile long failures;

        Client(int number) {
            this.number = number;
            this.thread = Thread.ofPlatform().daemon().name("writer " + number).unstarted(this::write);
        }

        private void write() {
            long next = 1;
            try (var _ = cluster.network().enterClient()) {
                while (!stopping) {
                    try (var connection = connect("primary");
                            var insert = connection.prepareStatement("INSERT INTO " + TABLE + " VALUES (?, ?)")) {
                        while (!stopping) {
                            insert.setInt(1, number);
                            insert.setLong(2, next);
                            long id = next++;
                            record(insert, id);
                        }
                    } catch (SQLException e) {
                        failures++;
                        LockSupport.parkNanos(Duration.ofMillis(10).toNanos());
                    }
                }
            }
        }

        private void record(java.sql.PreparedStatement insert, long id) throws SQLException {
            try {
                insert.executeUpdate();
            } catch (SQLException e) {
                synchronized (this) {
                    unknown.add(id);
                }
                throw e;
            }
            synchronized (this) {
                acknowledged.add(id);
                acknowledgedAt.add(System.nanoTime());
            }
        }

        synchronized List<Long> times() {
            return List.copyOf(acknowledgedAt);
        }

        synchronized TreeSet<Long> acknowledged() {
            return new TreeSet<>(acknowledged);
        }
    }

    private Writers(Cluster cluster, int count) {
        this.cluster = cluster;
        this.clients = IntStream.rangeClosed(1, count).mapToObj(Client::new).toList();
    }

    /** Starts the clients and returns once each has written. */
    static Writers start(Cluster cluster, int count) {
        var writers = new Writers(cluster, count);
        try (var _ = cluster.network().enterClient()) {
            writers.createTable();
        }
        writers.clients.forEach(client -> client.thread.start());
        Await.until(
                "every client has written",
                cluster.patience(),
                () -> writers.clients.stream()
                        .noneMatch(client -> client.times().isEmpty()));
        return writers;
    }

    private void createTable() {
        Await.until("a table to write to", cluster.patience(), () -> {
            try (var connection = connect("primary");
                    var statement = connection.createStatement()) {
                statement.execute("DROP TABLE IF EXISTS " + TABLE);
                statement.execute("CREATE TABLE " + TABLE + " (client int, id bigint, PRIMARY KEY (client, id))");
                return true;
            }
        });
    }

    private Connection connect(String target) throws SQLException {
        return DriverManager.getConnection(url(cluster, target), properties());
    }

    /** The connection string of PgJDBC with all members. */
    static String url(Cluster cluster, String target) {
        return "jdbc:postgresql://"
                + cluster.members().stream()
                        .map(member -> member.address() + ":" + member.port())
                        .collect(Collectors.joining(","))
                + "/postgres?targetServerType=" + target;
    }

    static Properties properties() {
        var properties = new Properties();
        properties.setProperty("user", User.name());
        properties.setProperty("password", "my-super-password");
        properties.setProperty("connectTimeout", "1");
        properties.setProperty("socketTimeout", "3");
        // What a client remembers of the members' roles would only delay it here.
        properties.setProperty("hostRecheckSeconds", "0");
        return properties;
    }

    /** How often a client has lost its connection, or has not got one. */
    long failures() {
        return clients.stream().mapToLong(client -> client.failures).sum();
    }

    /** When a client was last answered. */
    long lastAcknowledged() {
        return times().getLast();
    }

    /** Returns once every client has written after {@code nanos}. */
    void awaitWritesAfter(long nanos) {
        Await.until(
                "writes go on",
                cluster.patience(),
                () -> clients.stream().allMatch(client -> {
                    List<Long> times = client.times();
                    return times.getLast() - nanos > 0;
                }));
    }

    /** The longest time from {@code since} on in which no client was answered. */
    Duration longestGap(long since) {
        List<Long> times = times();
        long longest = 0;
        for (int i = 1; i < times.size(); i++) {
            if (times.get(i) - since > 0) {
                longest = Math.max(longest, times.get(i) - times.get(i - 1));
            }
        }
        return Duration.ofNanos(longest);
    }

    private List<Long> times() {
        return clients.stream()
                .flatMap(client -> client.times().stream())
                .sorted()
                .toList();
    }

    long acknowledged() {
        return clients.stream()
                .mapToLong(client -> client.acknowledged().size())
                .sum();
    }

    /** Ends the clients. @return how many acknowledged rows the primary does not have */
    long lost(Member primary) throws SQLException {
        stop();
        long lost = 0;
        for (Client client : clients) {
            var missing = client.acknowledged();
            try (var connection = primary.connect();
                    var statement = connection.createStatement();
                    var rows = statement.executeQuery("SELECT id FROM " + TABLE + " WHERE client = " + client.number)) {
                while (rows.next()) {
                    missing.remove(rows.getLong(1));
                }
            }
            lost += missing.size();
        }
        return lost;
    }

    @Override
    public void close() {
        stop();
    }

    private void stop() {
        stopping = true;
        for (Client client : clients) {
            try {
                client.thread.join(10_000);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}

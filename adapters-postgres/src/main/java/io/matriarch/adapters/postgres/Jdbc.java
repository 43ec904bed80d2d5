package io.matriarch.adapters.postgres;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Collectors;
import org.postgresql.Driver;
import org.postgresql.PGProperty;

/** Connections over PgJDBC, every one with timeouts of its own and with {@code search_path=pg_catalog}. */
final class Jdbc {

    private static final Driver DRIVER = new Driver();
    private static final Map<String, PGProperty> SSL = Map.of(
            "sslmode", PGProperty.SSL_MODE,
            "sslcert", PGProperty.SSL_CERT,
            "sslkey", PGProperty.SSL_KEY,
            "sslpassword", PGProperty.SSL_PASSWORD,
            "sslrootcert", PGProperty.SSL_ROOT_CERT,
            "gssencmode", PGProperty.GSS_ENC_MODE,
            "channel_binding", PGProperty.CHANNEL_BINDING,
            "sslnegotiation", PGProperty.SSL_NEGOTIATION);

    private Jdbc() {}

    /**
     * How long things may take.
     *
     * @param connect to connect
     * @param statement bound the server puts on a statement; zero for none
     * @param socket bound on waiting for an answer; zero for none
     */
    record Bounds(Duration connect, Duration statement, Duration socket) {

        private static final Duration CONNECT = Duration.ofSeconds(3);
        private static final Duration STATEMENT = Duration.ofSeconds(2);

        /** For short questions that may take {@code patience} in all. */
        static Bounds within(Duration patience) {
            Duration statement = patience.compareTo(STATEMENT) < 0 ? patience : STATEMENT;
            return new Bounds(CONNECT, statement, patience);
        }

        /** For a connection that outlives the question: the next one may have more time. */
        static Bounds kept(Duration patience) {
            return new Bounds(CONNECT, STATEMENT, patience);
        }

        /** For what takes as long as it takes. */
        static Bounds none() {
            return new Bounds(CONNECT, Duration.ZERO, Duration.ZERO);
        }
    }

    static Connection open(Credentials who, Endpoint endpoint, String database, String application, Bounds bounds)
            throws SQLException {
        Properties properties = properties(who, application, bounds);
        PGProperty.OPTIONS.set(
                properties,
                "-c search_path=pg_catalog -c statement_timeout="
                        + bounds.statement().toMillis() + " -c pg_stat_statements.track=none");
        Connection connection = connect(endpoint, database, properties);
        connection.setNetworkTimeout(
                Runnable::run, Math.toIntExact(bounds.socket().toMillis()));
        return connection;
    }

    /** A connection of the streaming replication protocol. */
    static Connection openReplication(Credentials who, Endpoint endpoint, String application, Bounds bounds)
            throws SQLException {
        Properties properties = properties(who, application, bounds);
        PGProperty.REPLICATION.set(properties, "true");
        PGProperty.PREFER_QUERY_MODE.set(properties, "simple");
        return connect(endpoint, "replication", properties);
    }

    private static Properties properties(Credentials who, String application, Bounds bounds) {
        var properties = new Properties();
        who.user().ifPresent(user -> PGProperty.USER.set(properties, user));
        who.password().ifPresent(password -> PGProperty.PASSWORD.set(properties, password.reveal()));
        who.options().forEach((key, value) -> {
            if (SSL.containsKey(key)) {
                SSL.get(key).set(properties, value);
            }
        });
        PGProperty.APPLICATION_NAME.set(properties, application);
        PGProperty.ASSUME_MIN_SERVER_VERSION.set(properties, "12");
        PGProperty.CONNECT_TIMEOUT.set(properties, seconds(bounds.connect()));
        PGProperty.LOGIN_TIMEOUT.set(properties, seconds(bounds.connect()));
        PGProperty.SOCKET_TIMEOUT.set(properties, seconds(bounds.socket()));
        PGProperty.TCP_KEEP_ALIVE.set(properties, true);
        return properties;
    }

    private static Connection connect(Endpoint endpoint, String database, Properties properties) throws SQLException {
        String hosts = endpoint.hosts().stream()
                .map(host -> host.isSocketDirectory()
                        ? "localhost:" + host.port()
                        : (host.name().contains(":") ? "[" + host.name() + "]" : host.name()) + ":" + host.port())
                .collect(Collectors.joining(","));
        endpoint.hosts().stream()
                .filter(Endpoint.Host::isSocketDirectory)
                .findFirst()
                .ifPresent(host -> {
                    PGProperty.SOCKET_FACTORY.set(properties, UnixSocketFactory.class.getName());
                    PGProperty.SOCKET_FACTORY_ARG.set(properties, host.name() + "/.s.PGSQL." + host.port());
                    PGProperty.SSL_MODE.set(properties, "disable");
                    PGProperty.GSS_ENC_MODE.set(properties, "disable");
                });
        String path = database.replace("%", "%25").replace("?", "%3F").replace("/", "%2F");
        Connection connection = DRIVER.connect("jdbc:postgresql://" + hosts + "/" + path, properties);
        if (connection == null) {
            throw new SQLException("the driver refuses the address " + hosts);
        }
        return connection;
    }

    /** Rounded up: zero would mean for ever. */
    private static int seconds(Duration duration) {
        return Math.toIntExact((duration.toMillis() + 999) / 1000);
    }
}

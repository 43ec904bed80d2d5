package io.matriarch.app.ctl;

import io.matriarch.app.store.MemberUrls;
import io.matriarch.domain.cluster.Member;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Properties;

/** {@code query}: runs SQL on a member. What goes wrong is a row of the answer, as scripts of the reference expect. */
final class QueryVerb implements Verb {

    private static final String CONNECT_SECONDS = "5";

    @Override
    public String synopsis() {
        return "[OPTIONS] [CLUSTER_NAME]";
    }

    @Override
    public String description() {
        return "Query a PostgreSQL member";
    }

    @Override
    public List<Option> options() {
        return List.of(
                Option.GROUP,
                Option.of("TEXT", "Output format (pretty, tsv, json, yaml, yml)", "--format"),
                Option.of("FILENAME", "Execute the SQL commands from this file", "-f", "--file"),
                Option.flag("Force password prompt", "--password"),
                Option.of("TEXT", "Database user name", "-U", "--username"),
                Option.WATCH2,
                Option.WATCH,
                Option.ROLE,
                Option.of("TEXT", "Query a specific member", "-m", "--member"),
                Option.of("TEXT", "The column delimiter", "--delimiter"),
                Option.of("TEXT", "The SQL commands to execute", "-c", "--command"),
                Option.of("TEXT", "Database name to connect to", "-d", "--dbname"));
    }

    @Override
    public int maxArguments() {
        return 1;
    }

    /** What came back: rows of cells, or lines that are none. */
    private record Answer(List<String> columns, List<Map<String, Object>> rows, List<String> trouble) {}

    @Override
    public int run(Arguments arguments, Session session) {
        Optional<RoleFilter> role = arguments.role();
        Optional<String> name = arguments.text("--member");
        if (name.isPresent() && role.isPresent()) {
            throw new CtlException("--role and --member are mutually exclusive options");
        }
        String sql = sql(arguments);
        OptionalDouble refresh = arguments.refresh();
        Cluster cluster = session.cluster(arguments);
        Properties login = login(arguments, session);
        while (true) {
            print(session.console(), arguments, query(session, cluster, name, role, sql, login));
            if (refresh.isEmpty()) {
                return 0;
            }
            session.pause(Duration.ofMillis((long) (refresh.getAsDouble() * 1000)));
        }
    }

    private static String sql(Arguments arguments) {
        Optional<String> file = arguments.text("--file");
        Optional<String> command = arguments.text("--command");
        if (file.isPresent() && command.isPresent()) {
            throw new CtlException("--file and --command are mutually exclusive options");
        }
        if (file.isEmpty()) {
            return command.orElseThrow(() -> new CtlException("You need to specify either --command or --file"));
        }
        try {
            return Files.readString(Path.of(file.get()));
        } catch (IOException e) {
            throw new CtlException("can not read " + file.get() + ": " + e, e);
        }
    }

    /** User, database and password as psql would find them. */
    private static Properties login(Arguments arguments, Session session) {
        Map<String, String> environment = session.surroundings().environment();
        Properties login = new Properties();
        String user = arguments
                .text("--username")
                .or(() -> Optional.ofNullable(environment.get("PGUSER")))
                .orElseGet(() -> System.getProperty("user.name"));
        login.setProperty("user", user);
        login.setProperty(
                "PGDBNAME",
                arguments
                        .text("--dbname")
                        .or(() -> Optional.ofNullable(environment.get("PGDATABASE")))
                        .orElse(user));
        if (arguments.flag("--password")) {
            login.setProperty("password", session.console().askHidden("Password"));
        } else if (environment.containsKey("PGPASSWORD")) {
            login.setProperty("password", environment.get("PGPASSWORD"));
        }
        put(login, "sslmode", environment.get("PGSSLMODE"));
        put(login, "sslrootcert", environment.get("PGSSLROOTCERT"));
        login.setProperty("connectTimeout", CONNECT_SECONDS);
        login.setProperty("loginTimeout", CONNECT_SECONDS);
        login.setProperty("ApplicationName", "Patroni ctl");
        return login;
    }

    private static void put(Properties login, String key, String value) {
        if (value != null) {
            login.setProperty(key, value);
        }
    }

    private static Answer query(
            Session session,
            Cluster cluster,
            Optional<String> name,
            Optional<RoleFilter> role,
            String sql,
            Properties login) {
        RoleFilter wanted = role.orElse(RoleFilter.LEADER);
        Optional<MemberUrls.HostPort> target =
                DsnVerb.find(cluster, name, wanted).flatMap(Member::connUrl).flatMap(MemberUrls::ofConnUrl);
        if (target.isEmpty()) {
            return noConnection(session, name, role);
        }
        String url = "jdbc:postgresql://" + target.get() + "/" + encoded(login.getProperty("PGDBNAME"));
        try (Connection connection = DriverManager.getConnection(url, login)) {
            if (name.isEmpty() && !hasRole(connection, wanted)) {
                return noConnection(session, name, role);
            }
            try (Statement statement = connection.createStatement()) {
                return statement.execute(sql)
                        ? read(statement.getResultSet())
                        : new Answer(List.of(), List.of(), List.of());
            }
        } catch (SQLException e) {
            String state = e.getSQLState();
            if (state != null && state.startsWith("08")) {
                return noConnection(session, name, role);
            }
            return trouble(session, "ERROR, SQLSTATE: " + (state == null ? e.getMessage() : state));
        }
    }

    private static String encoded(String database) {
        return java.net.URLEncoder.encode(database, java.nio.charset.StandardCharsets.UTF_8)
                .replace("+", "%20");
    }

    /** The store may be behind: a server that is asked as a primary or a replica is looked at first. */
    private static boolean hasRole(Connection connection, RoleFilter role) throws SQLException {
        return switch (role) {
            case LEADER, ANY -> true;
            case PRIMARY -> !inRecovery(connection);
            case STANDBY_LEADER, REPLICA, STANDBY -> inRecovery(connection);
        };
    }

    private static boolean inRecovery(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet answer = statement.executeQuery("SELECT pg_catalog.pg_is_in_recovery()")) {
            return answer.next() && answer.getBoolean(1);
        }
    }

    private static Answer noConnection(Session session, Optional<String> name, Optional<RoleFilter> role) {
        if (name.isPresent()) {
            return trouble(session, "No connection to member " + name.get() + " is available");
        }
        return trouble(
                session,
                role.map(filter -> "No connection to role '" + filter.text() + "' is available")
                        .orElse("No connection is available"));
    }

    private static Answer trouble(Session session, String text) {
        return new Answer(List.of(), List.of(), List.of(session.stamp().seconds(), text));
    }

    private static Answer read(ResultSet result) throws SQLException {
        List<String> columns = new ArrayList<>();
        for (int i = 1; i <= result.getMetaData().getColumnCount(); i++) {
            columns.add(result.getMetaData().getColumnLabel(i));
        }
        List<Map<String, Object>> rows = new ArrayList<>();
        while (result.next()) {
            Map<String, Object> row = new LinkedHashMap<>();
            for (int i = 1; i <= columns.size(); i++) {
                row.put(columns.get(i - 1), cell(result, i));
            }
            rows.add(row);
        }
        return new Answer(columns, rows, List.of());
    }

    private static Object cell(ResultSet result, int column) throws SQLException {
        Object value = switch (result.getMetaData().getColumnType(column)) {
            case Types.BIT, Types.BOOLEAN -> result.getBoolean(column);
            case Types.SMALLINT, Types.INTEGER, Types.BIGINT -> result.getLong(column);
            case Types.REAL, Types.DOUBLE -> result.getDouble(column);
            default -> result.getString(column);
        };
        return result.wasNull() ? null : value;
    }

    private static void print(Console console, Arguments arguments, Answer answer) {
        String delimiter = arguments.text("--delimiter").orElse("\t");
        Format format = Format.named(arguments.text("--format").orElse("tsv"));
        if (!answer.trouble().isEmpty()) {
            switch (format) {
                case JSON -> console.line("[{}]");
                case PRETTY, TOPOLOGY, TSV, YAML -> console.line(String.join(delimiter, answer.trouble()));
            }
            return;
        }
        if (answer.columns().isEmpty()) {
            return;
        }
        switch (format) {
            case TSV -> Rows.tsv(console, answer.columns(), shown(answer), delimiter);
            case JSON -> Rows.json(console, answer.rows());
            case YAML -> Rows.yaml(console, answer.rows());
            case PRETTY, TOPOLOGY -> {
                List<TextTable.Column> columns = answer.columns().stream()
                        .map(title -> new TextTable.Column(title, false))
                        .toList();
                List<List<String>> cells = new ArrayList<>();
                shown(answer)
                        .forEach(row -> cells.add(answer.columns().stream()
                                .map(column -> String.valueOf(row.get(column)))
                                .toList()));
                new TextTable(Optional.empty(), columns, cells).draw().forEach(console::line);
            }
        }
    }

    /** Cells as text, NULL as {@code None}. */
    private static List<Map<String, Object>> shown(Answer answer) {
        List<Map<String, Object>> rows = new ArrayList<>();
        for (Map<String, Object> row : answer.rows()) {
            Map<String, Object> cells = new LinkedHashMap<>();
            row.forEach((column, value) -> cells.put(column, io.matriarch.app.config.Trees.text(value)));
            rows.add(cells);
        }
        return rows;
    }
}

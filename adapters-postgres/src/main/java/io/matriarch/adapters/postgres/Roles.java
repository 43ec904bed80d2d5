package io.matriarch.adapters.postgres;

import io.matriarch.ports.plugin.ConfigSection;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Creates the roles the agent works with. Their passwords reach no log of the server and no statistics. */
final class Roles {

    private static final Logger log = LoggerFactory.getLogger(Roles.class);

    /** Everything that could write a statement down is switched off for the session first. */
    private static final List<String> SILENCE = List.of(
            "SET standard_conforming_strings TO on",
            "SET synchronous_commit TO local",
            "SET log_statement TO none",
            "SET log_duration TO off",
            "SET log_min_duration_statement TO -1",
            "SET log_min_duration_sample TO -1",
            "SET log_transaction_sample_rate TO 0",
            "SET log_min_error_statement TO panic",
            "SET pg_stat_statements.track_utility TO off",
            "SET pgaudit.log TO none",
            "SET auto_explain.log_min_duration TO -1");

    private static final int FIRST_WITH_DURATION_SAMPLE = 13;

    private static final List<String> REWIND_FUNCTIONS = List.of(
            "pg_ls_dir(text, boolean, boolean)",
            "pg_stat_file(text, boolean)",
            "pg_read_binary_file(text)",
            "pg_read_binary_file(text, bigint, bigint, boolean)");

    /** What {@code bootstrap.users} may ask for, each also with NO before it. */
    private static final Set<String> OPTIONS =
            Set.of("SUPERUSER", "CREATEDB", "CREATEROLE", "INHERIT", "LOGIN", "REPLICATION", "BYPASSRLS");

    private Roles() {}

    /**
     * Creates the operator's own users of a new cluster. An option that no role has is left out, with an error in the
     * log: the cluster is there, and the role can be altered.
     *
     * @param users a section of name, {@code password} and {@code options}
     */
    static void createUsers(Connection connection, ConfigSection users, int major) throws SQLException {
        try (Statement statement = silent(connection, major)) {
            for (String name : new TreeMap<>(users.values()).keySet()) {
                ConfigSection user = users.section(name);
                var attributes = new TreeSet<String>();
                for (String option : user.texts("options")) {
                    String word = option.toUpperCase(Locale.ROOT);
                    if (OPTIONS.contains(word.startsWith("NO") ? word.substring(2) : word)) {
                        attributes.add(word);
                    } else {
                        log.error("bootstrap.users.{}.options: unknown option {}", name, option);
                    }
                }
                if (!attributes.contains("NOLOGIN")) {
                    attributes.add("LOGIN");
                }
                var who = new Credentials(Optional.of(name), user.secret("password"), Map.of());
                createOrAlter(statement, who, String.join(" ", attributes));
            }
        }
    }

    /** The superuser's password, where the configuration has one. */
    static void createSuperuser(Connection connection, PgSettings settings, int major) throws SQLException {
        Credentials superuser = settings.superuser();
        if (superuser.user().isPresent() && superuser.password().isPresent()) {
            try (Statement statement = silent(connection, major)) {
                createOrAlter(statement, superuser, "SUPERUSER LOGIN");
            }
        }
    }

    /** The role that streams, and the one pg_rewind connects as. */
    static void createOthers(Connection connection, PgSettings settings, int major) throws SQLException {
        try (Statement statement = silent(connection, major)) {
            createOrAlter(statement, settings.replication(), "REPLICATION LOGIN");
            Credentials rewind = settings.rewind();
            if (rewind.isConfigured()
                    && !rewind.user().equals(settings.superuser().user())) {
                createOrAlter(statement, rewind, "LOGIN");
                for (String function : REWIND_FUNCTIONS) {
                    statement.execute("GRANT EXECUTE ON FUNCTION pg_catalog." + function + " TO "
                            + identifier(rewind.user().orElseThrow()));
                }
            }
        }
    }

    private static Statement silent(Connection connection, int major) throws SQLException {
        Statement statement = connection.createStatement();
        for (String setting : SILENCE) {
            if (major >= FIRST_WITH_DURATION_SAMPLE || !setting.contains("_sample")) {
                statement.execute(setting);
            }
        }
        return statement;
    }

    private static void createOrAlter(Statement statement, Credentials who, String attributes) throws SQLException {
        String name = who.user().orElseThrow();
        String password = who.password()
                .map(secret -> " PASSWORD " + literal(secret.reveal()))
                .orElse("");
        String tag = "$m" + UUID.randomUUID().toString().replace("-", "") + "$";
        statement.execute("DO " + tag + " BEGIN IF EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = "
                + literal(name) + ") THEN ALTER ROLE " + identifier(name) + " WITH " + attributes + password
                + "; ELSE CREATE ROLE " + identifier(name) + " WITH " + attributes + password + "; END IF; END " + tag);
        log.info("role {} is there: {}", name, attributes);
    }

    private static String literal(String text) {
        return "'" + text.replace("'", "''") + "'";
    }

    private static String identifier(String text) {
        return "\"" + text.replace("\"", "\"\"") + "\"";
    }
}

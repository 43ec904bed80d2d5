package io.matriarch.adapters.postgres;

import io.matriarch.ports.plugin.ConfigSection;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The {@code postgresql} section.
 *
 * @param listenAddresses value of listen_addresses
 * @param port value of port
 * @param dataDirectory PGDATA
 * @param configDirectory where postgresql.conf, pg_hba.conf and pg_ident.conf are
 * @param configBaseName name of postgresql.conf without its ending
 * @param binaries the programs
 * @param passFile file written for tools that need a password
 * @param database maintenance database
 * @param superuser who manages the server
 * @param replication who streams
 * @param rewind who pg_rewind connects as
 * @param useUnixSocket whether the agent's own connections go through the socket
 * @param parameters server parameters as texts
 * @param hba lines of pg_hba.conf, empty when the file is left alone
 * @param ident lines of pg_ident.conf, empty when the file is left alone
 * @param recovery further recovery settings
 * @param customConf file included instead of the original postgresql.conf
 * @param replicaMethods how to create a replica, in order
 * @param usePgRewind whether pg_rewind is wanted
 * @param useSlots whether standbys stream through slots
 * @param startTimeout {@code pg_ctl_timeout}
 * @param callbacks commands by action
 * @param prePromote command before a promotion
 * @param beforeStop command before a stop
 * @param krbServerName Kerberos service name
 * @param section the section itself, for options of tools
 */
record PgSettings(
        String listenAddresses,
        int port,
        Path dataDirectory,
        Path configDirectory,
        String configBaseName,
        PgBinaries binaries,
        Path passFile,
        String database,
        Credentials superuser,
        Credentials replication,
        Credentials rewind,
        boolean useUnixSocket,
        SortedMap<String, String> parameters,
        List<String> hba,
        List<String> ident,
        SortedMap<String, String> recovery,
        Optional<Path> customConf,
        List<String> replicaMethods,
        boolean usePgRewind,
        boolean useSlots,
        Duration startTimeout,
        Map<String, String> callbacks,
        Optional<String> prePromote,
        Optional<String> beforeStop,
        Optional<String> krbServerName,
        ConfigSection section) {

    private static final int DEFAULT_PORT = 5432;
    private static final List<String> CALLBACKS =
            List.of("on_start", "on_stop", "on_restart", "on_reload", "on_role_change");

    /**
     * Reads the section; what is wrong is remembered by it and thrown all at once.
     *
     * @throws io.matriarch.ports.plugin.ConfigProblems when something is missing or wrong
     */
    static PgSettings read(ConfigSection section) {
        Optional<String> listen = section.text("listen");
        if (listen.isEmpty()) {
            section.problem("listen", "is required: host[,host...]:port");
        }
        Path dataDirectory = section.text("data_dir").map(Path::of).orElseGet(() -> {
            section.problem("data_dir", "is required");
            return Path.of("/nonexistent");
        });
        ConfigSection authentication = section.section("authentication");
        Credentials superuser = Credentials.read(authentication.section("superuser"));
        Credentials rewind = Credentials.read(authentication.section("rewind"));
        Credentials replication = Credentials.read(authentication.section("replication"));
        if (!replication.isConfigured()) {
            authentication.section("replication").problem("username", "is required");
        }
        int port = listen.map(text -> port(section, text)).orElse(DEFAULT_PORT);
        section.check();
        SortedMap<String, String> all = texts(section.section("parameters"));
        SortedMap<String, String> recovery = RecoverySettings.takeFrom(all, texts(section.section("recovery_conf")));
        return new PgSettings(
                listen.map(PgSettings::hosts).orElse("localhost"),
                port,
                dataDirectory.toAbsolutePath(),
                section.text("config_dir").map(Path::of).orElse(dataDirectory).toAbsolutePath(),
                section.text("config_base_name").orElse("postgresql"),
                PgBinaries.read(section),
                section.text("pgpass")
                        .map(Path::of)
                        .orElse(Path.of(System.getProperty("user.home"), "pgpass"))
                        .toAbsolutePath(),
                section.text("database").orElse("postgres"),
                superuser,
                replication,
                rewind.isConfigured() ? rewind : superuser,
                section.flag("use_unix_socket").orElse(false),
                all,
                section.texts("pg_hba"),
                section.texts("pg_ident"),
                recovery,
                section.text("custom_conf").filter(path -> !path.isBlank()).map(Path::of),
                methods(section),
                section.flag("use_pg_rewind").orElse(false),
                section.flag("use_slots").orElse(true),
                section.seconds("pg_ctl_timeout").orElse(Duration.ofSeconds(60)),
                callbacks(section.section("callbacks")),
                section.text("pre_promote").filter(command -> !command.isBlank()),
                section.text("before_stop").filter(command -> !command.isBlank()),
                section.text("krbsrvname"),
                section);
    }

    Path configFile() {
        return configDirectory.resolve(configBaseName + ".conf");
    }

    Path baseFile() {
        return configDirectory.resolve(configBaseName + ".base.conf");
    }

    Path hbaFile() {
        return configDirectory.resolve("pg_hba.conf");
    }

    Path identFile() {
        return configDirectory.resolve("pg_ident.conf");
    }

    /** File that takes the server's standard output and error: all of its log unless it has a logging collector. */
    Path serverLog() {
        return dataDirectory.resolve("log").resolve("server.log");
    }

    /** The addresses of {@code listen}: what stands before the last colon, brackets of IPv6 removed. */
    private static String hosts(String listen) {
        int colon = portColon(listen);
        String hosts = colon < 0 ? listen : listen.substring(0, colon);
        return hosts.replace("[", "").replace("]", "");
    }

    private static int port(ConfigSection section, String listen) {
        int colon = portColon(listen);
        if (colon < 0) {
            return DEFAULT_PORT;
        }
        try {
            int port = Integer.parseInt(listen.substring(colon + 1).trim());
            if (port > 0 && port < 65536) {
                return port;
            }
        } catch (NumberFormatException _) {
            // Said below.
        }
        section.problem("listen", "must be host[,host...]:port with a port between 1 and 65535");
        return DEFAULT_PORT;
    }

    /** Where the port begins: an IPv6 address without brackets has colons of its own and then no port. */
    private static int portColon(String listen) {
        int colon = listen.lastIndexOf(':');
        boolean bare = colon >= 0 && listen.indexOf(':') != colon && !listen.contains("[") && !listen.contains(",");
        return bare || colon < listen.lastIndexOf(']') ? -1 : colon;
    }

    private static List<String> methods(ConfigSection section) {
        List<String> methods = section.texts("create_replica_methods");
        if (methods.isEmpty()) {
            methods = section.texts("create_replica_method");
        }
        return methods.isEmpty() ? List.of("basebackup") : methods;
    }

    private static Map<String, String> callbacks(ConfigSection section) {
        var found = new LinkedHashMap<String, String>();
        CALLBACKS.forEach(action -> section.text(action)
                .filter(command -> !command.isBlank())
                .ifPresent(command -> found.put(action, command)));
        return found;
    }

    /** Parameters as PostgreSQL reads them: YAML's booleans become on and off. */
    static SortedMap<String, String> texts(ConfigSection section) {
        var found = new TreeMap<String, String>();
        section.values().forEach((key, value) -> {
            if (value != null) {
                found.put(key, text(value));
            }
        });
        return found;
    }

    private static String text(Object value) {
        return switch (value) {
            case Boolean flag -> flag ? "on" : "off";
            case Double number
            when number == Math.rint(number) && Math.abs(number) < 1e15 -> Long.toString(number.longValue());
            case BigDecimal number -> number.toPlainString();
            default -> value.toString();
        };
    }
}

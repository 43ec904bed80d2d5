package io.matriarch.adapters.postgres;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** libpq's connection strings and its password file. */
final class ConnectionString {

    /** The order in which keywords are written, whatever they are. */
    private static final List<String> ORDER = List.of(
            "dbname",
            "user",
            "passfile",
            "password",
            "host",
            "port",
            "sslmode",
            "sslcompression",
            "sslcert",
            "sslkey",
            "sslpassword",
            "sslrootcert",
            "sslcrl",
            "sslcrldir",
            "application_name",
            "krbsrvname",
            "gssencmode",
            "channel_binding",
            "target_session_attrs",
            "sslnegotiation");

    private static final Map<String, Integer> SINCE =
            Map.of("gssencmode", 12, "channel_binding", 13, "sslpassword", 13, "sslcrldir", 14, "sslnegotiation", 17);

    /** What libpq assumes for a keyword that is not there. */
    private static final Map<String, String> DEFAULTS = Map.of(
            "sslmode", "prefer", "gssencmode", "prefer", "channel_binding", "prefer", "sslnegotiation", "postgres");

    private ConnectionString() {}

    /** How a tool connects to {@code endpoint}: without the password, which is in the password file. */
    static Map<String, String> keywords(Credentials who, Endpoint endpoint, String database, int major) {
        var keywords = new LinkedHashMap<String, String>();
        keywords.put("dbname", database);
        who.user().ifPresent(user -> keywords.put("user", user));
        keywords.put("host", endpoint.hostList());
        keywords.put("port", endpoint.portList());
        if (endpoint.primaryOnly()) {
            keywords.put("target_session_attrs", "read-write");
        }
        who.options().forEach((key, value) -> {
            if (major >= SINCE.getOrDefault(key, 0)) {
                keywords.put(key, value);
            }
        });
        return keywords;
    }

    /** {@code primary_conninfo} of a standby, with libpq's defaults spelled out as the reference does it. */
    static Map<String, String> primaryConninfo(
            PgSettings settings, Endpoint endpoint, String applicationName, int major) {
        var keywords = new LinkedHashMap<>(
                keywords(settings.replication(), endpoint, endpoint.database().orElse(settings.database()), major));
        DEFAULTS.forEach((key, value) -> {
            if (major >= SINCE.getOrDefault(key, 0)) {
                keywords.putIfAbsent(key, value);
            }
        });
        if (settings.replication().password().isPresent()) {
            keywords.put("passfile", settings.passFile().toString());
        }
        keywords.put("application_name", applicationName);
        settings.krbServerName().ifPresent(name -> keywords.put("krbsrvname", name));
        return keywords;
    }

    static String format(Map<String, String> keywords) {
        return ORDER.stream()
                .filter(keywords::containsKey)
                .map(key -> key + "=" + escape(keywords.get(key)))
                .collect(Collectors.joining(" "));
    }

    private static String escape(String value) {
        return value.isEmpty() ? "''" : value.replaceAll("([\\\\' ])", "\\\\$1");
    }

    /** Reads a connection string of keywords; what cannot be read ends it. */
    static Map<String, String> parse(String text) {
        var keywords = new LinkedHashMap<String, String>();
        int at = 0;
        while (true) {
            int equals = text.indexOf('=', at);
            if (equals < 0) {
                return keywords;
            }
            String key = text.substring(at, equals).trim();
            at = equals + 1;
            while (at < text.length() && text.charAt(at) == ' ') {
                at++;
            }
            boolean quoted = at < text.length() && text.charAt(at) == '\'';
            at += quoted ? 1 : 0;
            var value = new StringBuilder();
            while (at < text.length() && (quoted ? text.charAt(at) != '\'' : text.charAt(at) != ' ')) {
                if (text.charAt(at) == '\\' && at + 1 < text.length()) {
                    at++;
                }
                value.append(text.charAt(at++));
            }
            at += quoted ? 1 : 0;
            keywords.put(key, value.toString());
        }
    }

    /**
     * Whether a running standby's {@code primary_conninfo} already does what is wanted. Only wanted keywords count;
     * those left out have libpq's default; the database matters to slot synchronisation only, since 17.
     */
    static boolean isAsWanted(Map<String, String> wanted, Map<String, String> present, int major) {
        return wanted.entrySet().stream()
                .filter(entry -> !entry.getKey().equals("dbname") || major >= 17)
                .allMatch(entry -> entry.getValue()
                        .equals(present.getOrDefault(entry.getKey(), DEFAULTS.getOrDefault(entry.getKey(), ""))));
    }

    /** Lines of the password file for connections of {@code who} to {@code endpoint}. */
    static List<String> passLines(Credentials who, Endpoint endpoint) {
        String user = escapePass(who.user().orElse(""));
        String password =
                escapePass(who.password().map(secret -> secret.reveal()).orElse(""));
        var lines = new ArrayList<String>();
        for (Endpoint.Host host : endpoint.hosts()) {
            lines.add(escapePass(host.name()) + ":" + host.port() + ":*:" + user + ":" + password);
            if (host.isSocketDirectory()) {
                // libpq looks up connections through the default socket directory under the name localhost.
                lines.add("localhost:" + host.port() + ":*:" + user + ":" + password);
            }
        }
        return lines;
    }

    private static String escapePass(String text) {
        return text.isEmpty() ? "*" : text.replace("\\", "\\\\").replace(":", "\\:");
    }

    /** Environment that leads a tool to the password file. */
    static Map<String, String> environment(Path passFile, Optional<String> krbServerName) {
        var environment = new LinkedHashMap<String, String>();
        environment.put("PGPASSFILE", passFile.toString());
        krbServerName.ifPresent(name -> environment.put("PGKRBSRVNAME", name));
        return Subprocess.environment(environment);
    }
}

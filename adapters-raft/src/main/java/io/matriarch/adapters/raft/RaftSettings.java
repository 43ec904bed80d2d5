package io.matriarch.adapters.raft;

import com.alipay.sofa.jraft.util.Endpoint;
import io.matriarch.adapters.raft.rpc.TransportSecurity;
import io.matriarch.ports.plugin.ConfigProblems;
import io.matriarch.ports.plugin.ConfigSection;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * The section {@code raft}.
 *
 * @param self our own address; empty for a client that does not vote
 * @param bind where the port is opened
 * @param partners the other members, without ourselves
 * @param directory where log, meta data and snapshots are, below {@code data_dir}
 * @param open whether nothing but addresses keeps strangers away
 */
record RaftSettings(
        Optional<Endpoint> self,
        Optional<Endpoint> bind,
        List<Endpoint> partners,
        Path directory,
        TransportSecurity security,
        boolean open) {

    static final String SECTION = "raft";

    private static final Duration APPEND_ENTRIES_PERIOD = Duration.ofMillis(100);
    private static final Duration MIN_TIMEOUT = Duration.ofMillis(400);
    private static final Duration MAX_TIMEOUT = Duration.ofMillis(1400);
    private static final Duration CONNECTION_TIMEOUT = Duration.ofMillis(3500);
    private static final Duration LEADER_FALLBACK_TIMEOUT = Duration.ofSeconds(30);

    RaftSettings {
        partners = List.copyOf(partners);
    }

    /**
     * For a member with a vote: {@code self_addr} is needed, {@code data_dir} must be writable or can be created.
     *
     * @throws ConfigProblems with everything that is wrong
     */
    static RaftSettings member(ConfigSection section) {
        if (section.text("self_addr").isEmpty()) {
            section.problem("self_addr", "is needed by a member that votes");
        }
        var settings = read(section);
        settings.self().ifPresent(_ -> checkWritable(section, settings.directory()));
        section.check();
        return settings;
    }

    /**
     * For a client: it connects to the partners, and to {@code self_addr} as one more of them.
     *
     * @throws ConfigProblems with everything that is wrong
     */
    static RaftSettings client(ConfigSection section) {
        var settings = read(section);
        if (settings.everybody().isEmpty()) {
            section.problem("partner_addrs", "neither self_addr nor a partner is named");
        }
        section.check();
        return settings;
    }

    /** All members of the first configuration, the same order everywhere. */
    List<Endpoint> everybody() {
        var sorted = new TreeSet<String>();
        partners.forEach(partner -> sorted.add(partner.toString()));
        self.ifPresent(own -> sorted.add(own.toString()));
        return sorted.stream().map(text -> Addresses.parse(text).orElseThrow()).toList();
    }

    /** Whom a client asks: the member beside it first. */
    List<Endpoint> nearestFirst() {
        var members = new ArrayList<Endpoint>();
        self.ifPresent(members::add);
        members.addAll(partners);
        return members;
    }

    private static RaftSettings read(ConfigSection section) {
        checkTimes(section);
        var self = address(section, "self_addr");
        var bind = address(section, "bind_addr").or(() -> self);
        var partners = partners(section, self);
        var directory = directory(section, self);
        var security = security(section, self, partners);
        boolean open = security instanceof TransportSecurity.Open;
        if (open && section.flag("require_authentication").orElse(false)) {
            section.problem(
                    "require_authentication", "is set, but neither password nor cafile, certfile and keyfile are");
        }
        return new RaftSettings(self, bind, partners, directory, security, open);
    }

    private static Optional<Endpoint> address(ConfigSection section, String key) {
        var text = section.text(key);
        var parsed = text.flatMap(Addresses::parse);
        if (text.isPresent() && parsed.isEmpty()) {
            section.problem(key, "is not host:port");
        }
        return parsed;
    }

    private static List<Endpoint> partners(ConfigSection section, Optional<Endpoint> self) {
        var partners = new LinkedHashSet<Endpoint>();
        for (var text : section.texts("partner_addrs")) {
            var parsed = Addresses.parse(text);
            if (parsed.isEmpty()) {
                section.problem("partner_addrs", "'" + text + "' is not host:port");
            }
            parsed.ifPresent(partners::add);
        }
        self.ifPresent(partners::remove);
        return new ArrayList<>(partners);
    }

    /** Several members may share a data_dir, so each has a directory named like the files of the reference. */
    private static Path directory(ConfigSection section, Optional<Endpoint> self) {
        var dataDir = section.text("data_dir").orElse("");
        try {
            var path = Path.of(dataDir).toAbsolutePath();
            return self.map(own -> path.resolve(own.toString())).orElse(path);
        } catch (InvalidPathException e) {
            section.problem("data_dir", "is not a path: " + e.getReason());
            return Path.of("").toAbsolutePath();
        }
    }

    /** Makes nothing: who only looks at a configuration may be another user than the one who is to write here. */
    private static void checkWritable(ConfigSection section, Path directory) {
        Path existing = directory;
        while (existing.getParent() != null && !Files.exists(existing)) {
            existing = existing.getParent();
        }
        if (!Files.isDirectory(existing)) {
            section.problem("data_dir", "cannot be created: " + existing + " is not a directory");
        } else if (!Files.isWritable(existing)) {
            section.problem(
                    "data_dir",
                    (existing.equals(directory)
                            ? "is not writable"
                            : "cannot be created: no right to write to " + existing));
        }
    }

    private static TransportSecurity security(ConfigSection section, Optional<Endpoint> self, List<Endpoint> partners) {
        var ca = section.text("cafile");
        var certificate = section.text("certfile");
        var key = section.text("keyfile");
        if (ca.isPresent() || certificate.isPresent() || key.isPresent()) {
            if (ca.isPresent() && certificate.isPresent() && key.isPresent()) {
                return new TransportSecurity.Certificates(
                        Path.of(ca.get()), Path.of(certificate.get()), Path.of(key.get()));
            }
            section.problem("cafile", "cafile, certfile and keyfile are needed together");
        }
        var password = section.secret("password");
        if (password.isPresent() && !password.get().reveal().isEmpty()) {
            return new TransportSecurity.SharedSecret(password.get().reveal());
        }
        Set<String> hosts = new HashSet<>();
        partners.forEach(partner -> hosts.add(partner.getIp()));
        self.ifPresent(own -> hosts.add(own.getIp()));
        return new TransportSecurity.Open(hosts);
    }

    /** These times of the reference have no use here; a file that names them must still make sense. */
    private static void checkTimes(ConfigSection section) {
        var keys = List.of(
                "append_entries_period",
                "min_timeout",
                "max_timeout",
                "connection_timeout",
                "connection_retry_time",
                "leader_fallback_timeout");
        if (keys.stream().noneMatch(key -> section.text(key).isPresent())) {
            return;
        }
        var append = time(section, "append_entries_period", APPEND_ENTRIES_PERIOD);
        var least = time(section, "min_timeout", MIN_TIMEOUT);
        var most = time(section, "max_timeout", MAX_TIMEOUT);
        var connection = time(section, "connection_timeout", CONNECTION_TIMEOUT);
        var fallback = time(section, "leader_fallback_timeout", LEADER_FALLBACK_TIMEOUT);
        if (append.value().isZero() || append.value().isNegative()) {
            section.problem("append_entries_period", "must be > 0");
        }
        if (least.value().compareTo(append.value().multipliedBy(3)) <= 0) {
            section.problem("min_timeout", "%s must be > 3 * %s".formatted(least, append));
        }
        if (most.value().compareTo(least.value()) <= 0) {
            section.problem("max_timeout", "%s must be > %s".formatted(most, least));
        }
        if (connection.value().compareTo(most.value()) < 0) {
            section.problem("connection_timeout", "%s must be >= %s".formatted(connection, most));
        }
        if (fallback.value().compareTo(append.value()) <= 0) {
            section.problem("leader_fallback_timeout", "%s must be > %s".formatted(fallback, append));
        }
    }

    private static Time time(ConfigSection section, String key, Duration byDefault) {
        var set = section.seconds(key);
        return new Time(key, set.orElse(byDefault), set.isEmpty());
    }

    private record Time(String key, Duration value, boolean byDefault) {
        @Override
        public String toString() {
            return key + " (" + value.toMillis() / 1000.0 + ")" + (byDefault ? " (default)" : "");
        }
    }
}

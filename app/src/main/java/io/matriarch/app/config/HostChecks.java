package io.matriarch.app.config;

import io.matriarch.ports.plugin.ConfigProblem;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Compares a configuration with the machine it is for: directories, programs, ports. It reads only, runs nothing but
 * {@code postgres --version}, and may take some seconds for addresses that do not answer.
 */
public final class HostChecks {

    private static final int CONNECT_MILLIS = 3000;
    private static final long PROGRAM_SECONDS = 10;
    private static final List<String> TOOLS =
            List.of("pg_ctl", "initdb", "pg_controldata", "pg_basebackup", "postgres", "pg_isready");
    private static final Pattern VERSION = Pattern.compile("(\\d+)(?:\\.(\\d+))?");

    private final Map<String, Object> tree;
    private final Map<String, String> environment;
    private final List<ConfigProblem> problems = new ArrayList<>();

    private HostChecks(Map<String, Object> tree, Map<String, String> environment) {
        this.tree = tree;
        this.environment = environment;
    }

    /**
     * Everything {@code --validate-config} looks at on this machine.
     *
     * @param environment where {@code PATH} is taken from
     * @param portsInUseMatter whether a listen port that answers is a problem
     */
    public static List<ConfigProblem> forValidation(
            Map<String, Object> tree, Map<String, String> environment, boolean portsInUseMatter) {
        HostChecks checks = new HostChecks(tree, environment);
        if (portsInUseMatter) {
            for (String key : List.of("restapi.listen", "postgresql.listen", "raft.bind_addr")) {
                checks.portInUse(key);
            }
            if (Trees.at(tree, "raft.bind_addr").isEmpty()) {
                checks.portInUse("raft.self_addr");
            }
        }
        checks.stores();
        checks.programs();
        checks.dataDirectory(true);
        return ConfigCheck.onePerKey(checks.problems);
    }

    /**
     * What a start needs of the machine: programs, a data directory that can be one, free ports (PostgreSQL's unless its
     * own server may be running).
     */
    public static List<ConfigProblem> forStart(Map<String, Object> tree, Map<String, String> environment) {
        HostChecks checks = new HostChecks(tree, environment);
        checks.portInUse("restapi.listen");
        checks.portInUse(Trees.at(tree, "raft.bind_addr").isPresent() ? "raft.bind_addr" : "raft.self_addr");
        if (!checks.mayRun()) {
            checks.portInUse("postgresql.listen");
        }
        checks.programs();
        checks.dataDirectory(false);
        checks.dataDirectoryAccess();
        return ConfigCheck.onePerKey(checks.problems);
    }

    private void portInUse(String path) {
        Optional<HostPort> address = text(path)
                .flatMap(value -> path.startsWith("postgresql") ? HostPort.parse(value, 5432) : HostPort.parse(value));
        address.ifPresent(listen -> {
            Set<String> hosts = new LinkedHashSet<>(
                    listen.isWildcard()
                            ? List.of("127.0.0.1", "::1")
                            : List.of(listen.host().split(",")));
            for (String host : hosts) {
                String target = host.strip().equals("*") || host.isBlank() ? "127.0.0.1" : host.strip();
                if (answers(target, listen.port())) {
                    add(path, "didn't pass validation: Port " + listen.port() + " is already in use.");
                    return;
                }
            }
        });
    }

    private void stores() {
        for (String path : List.of("etcd.host", "etcd3.host", "consul.host")) {
            text(path).ifPresent(value -> reachable(path, value, path.startsWith("consul") ? 8500 : 2379));
        }
        for (String store : List.of("etcd", "etcd3")) {
            TreeSection section = TreeSection.of(store, Trees.mapAt(tree, store));
            List<String> hosts = section.texts("hosts");
            for (int i = 0; i < hosts.size(); i++) {
                reachable(
                        store + ".hosts." + i,
                        hosts.get(i),
                        section.integer("port").orElse(2379));
            }
        }
    }

    private void reachable(String path, String value, int defaultPort) {
        Optional<HostPort> address = HostPort.parse(value, defaultPort);
        if (address.filter(a -> answers(a.host(), a.port())).isEmpty()) {
            problems.add(new ConfigProblem(path, value, "didn't pass validation: " + value + " is not reachable"));
        }
    }

    private static boolean answers(String host, int port) {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getByName(host), port), CONNECT_MILLIS);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private void programs() {
        String path = "postgresql.bin_dir";
        Optional<Path> directory = text(path).filter(text -> !text.isEmpty()).map(Path::of);
        if (directory.isPresent() && !Files.exists(directory.get())) {
            add(path, "didn't pass validation: Directory '" + directory.get() + "' does not exist.");
            return;
        }
        if (directory.isPresent() && !Files.isDirectory(directory.get())) {
            add(path, "didn't pass validation: '" + directory.get() + "' is not a directory.");
            return;
        }
        List<String> missing = TOOLS.stream()
                .map(tool -> text("postgresql.bin_name." + tool).orElse(tool))
                .filter(tool -> find(directory, tool).isEmpty())
                .toList();
        for (String tool : missing) {
            problems.add(new ConfigProblem(
                    path + "." + tool,
                    "",
                    "didn't pass validation: does not contain '" + tool + "' in '"
                            + directory.map(Path::toString).orElse("$PATH") + "'"));
        }
    }

    private Optional<Path> find(Optional<Path> directory, String tool) {
        Stream<Path> places = directory
                .map(Stream::of)
                .orElseGet(() -> Stream.of(environment.getOrDefault("PATH", "").split(":"))
                        .filter(part -> !part.isEmpty())
                        .map(Path::of));
        return places.map(place -> place.resolve(tool))
                .filter(file -> Files.isRegularFile(file) && Files.isExecutable(file))
                .findFirst();
    }

    /** Whether a server of the data directory may be running, as far as its own mark says. */
    private boolean mayRun() {
        return text("postgresql.data_dir")
                .filter(text -> !text.isBlank())
                .filter(text -> Files.exists(Path.of(text, "postmaster.pid")))
                .isPresent();
    }

    /**
     * @param whole whether it has to be a whole one; a copy that was interrupted can be made anew by a member that runs
     */
    private void dataDirectory(boolean whole) {
        String path = "postgresql.data_dir";
        Optional<Path> directory = text(path).filter(text -> !text.isBlank()).map(Path::of);
        if (directory.isEmpty() || !Files.exists(directory.get())) {
            return;
        }
        Path data = directory.get();
        if (!Files.isDirectory(data)) {
            add(path, "is not a directory");
            return;
        }
        try {
            if (isEmpty(data)) {
                return;
            }
            if (!Files.exists(data.resolve("PG_VERSION"))) {
                if (whole || !isBegunCopy(data)) {
                    add(path, "doesn't look like a valid data directory");
                }
                return;
            }
            String version = Files.readString(data.resolve("PG_VERSION")).strip();
            if (!Files.isDirectory(data.resolve(version.startsWith("9.") ? "pg_xlog" : "pg_wal"))) {
                add(path, "data dir for the cluster is not empty, but doesn't contain \"pg_wal\" directory");
                return;
            }
            programVersion()
                    .filter(program -> !program.equals(version))
                    .ifPresent(program -> add(
                            path,
                            "data_dir directory postgresql version (" + version
                                    + ") doesn't match with 'postgres --version' output (" + program + ")"));
        } catch (IOException e) {
            add(path, "can't be read: " + e);
        }
    }

    /** What pg_basebackup writes before anything else. */
    private static boolean isBegunCopy(Path data) {
        return !Files.exists(data.resolve("global/pg_control"))
                && (Files.isDirectory(data.resolve("pg_wal")) || Files.exists(data.resolve("backup_label")));
    }

    /** PostgreSQL refuses a directory of somebody else, and only after initdb or a whole base backup. */
    private void dataDirectoryAccess() {
        String path = "postgresql.data_dir";
        text(path)
                .filter(text -> !text.isBlank())
                .map(text -> Path.of(text).toAbsolutePath())
                .ifPresent(data -> {
                    Path existing = data;
                    while (existing.getParent() != null && !Files.exists(existing)) {
                        existing = existing.getParent();
                    }
                    String user = System.getProperty("user.name");
                    try {
                        String owner = Files.getOwner(existing).getName();
                        if (existing.equals(data) && !owner.equals(user)) {
                            add(path, "is not usable: it is owned by " + owner + ", expected " + user);
                        } else if (!Files.isWritable(existing)) {
                            add(path, "is not usable: " + existing + " is not writable for " + user);
                        }
                    } catch (IOException e) {
                        add(path, "is not usable: " + e);
                    }
                });
    }

    private static boolean isEmpty(Path directory) throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
            for (Path file : files) {
                // The mark of a file system's own directory is no content.
                if (!file.getFileName().toString().equals("lost+found")) {
                    return false;
                }
            }
            return true;
        }
    }

    /** The major version the program tells, as PG_VERSION has it; empty when it tells none. */
    private Optional<String> programVersion() {
        String tool = text("postgresql.bin_name.postgres").orElse("postgres");
        Optional<Path> program =
                find(text("postgresql.bin_dir").filter(text -> !text.isEmpty()).map(Path::of), tool);
        if (program.isEmpty()) {
            return Optional.empty();
        }
        try {
            Process process = new ProcessBuilder(program.get().toString(), "--version")
                    .redirectErrorStream(true)
                    .start();
            process.getOutputStream().close();
            if (!process.waitFor(PROGRAM_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                return Optional.empty();
            }
            String output = new String(process.getInputStream().readNBytes(1000), StandardCharsets.UTF_8);
            Matcher version = VERSION.matcher(output);
            return version.find() ? Optional.of(major(version)) : Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        }
    }

    private static String major(Matcher version) {
        boolean old = Integer.parseInt(version.group(1)) < 10 && version.group(2) != null;
        return old ? version.group(1) + "." + version.group(2) : version.group(1);
    }

    private Optional<String> text(String path) {
        return Trees.at(tree, path)
                .filter(value -> !(value instanceof Map) && !(value instanceof List))
                .map(Trees::text);
    }

    private void add(String path, String message) {
        problems.add(new ConfigProblem(path, text(path).orElse(""), message));
    }
}

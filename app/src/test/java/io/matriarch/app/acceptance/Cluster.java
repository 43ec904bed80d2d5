package io.matriarch.app.acceptance;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Members with the walk-through's YAML, only what belongs to the machine filled in. Ends with all its processes. */
final class Cluster implements AutoCloseable {

    static final String SCOPE = "demo-cluster-1";

    private static final List<Cluster> OPEN = new CopyOnWriteArrayList<>();

    private final Network network;
    private final Path folder;
    private final Path image;
    private final List<Member> members = new ArrayList<>();
    private final int size;
    private final Map<String, String> values;
    private final UnaryOperator<String> edit;
    private final Thread atExit = new Thread(this::end, "end cluster");

    /** How the cluster differs from the walk-through's. */
    static final class Builder {

        private final Network network;
        private final int size;
        private final Map<String, String> values = new TreeMap<>(Map.of(
                "ttl", "5", "loop_wait", "1", "retry_timeout", "2", "use_pg_rewind", "false", "watchdog", "required"));
        private Optional<String> store = Optional.empty();
        private UnaryOperator<String> edit = UnaryOperator.identity();

        private Builder(Network network, int size) {
            this.network = network;
            this.size = size;
        }

        /** Sets a value of the template: ttl, loop_wait, retry_timeout, use_pg_rewind, watchdog. */
        Builder with(String key, String value) {
            values.put(key, value);
            return this;
        }

        /** A section of the YAML in place of the embedded store's. */
        Builder store(String section) {
            store = Optional.of(section);
            return this;
        }

        /** Changes each member's YAML. */
        Builder edit(UnaryOperator<String> change) {
            edit = change;
            return this;
        }

        Cluster build() {
            return new Cluster(this);
        }
    }

    private Cluster(Builder builder) {
        network = builder.network;
        size = builder.size;
        values = Map.copyOf(builder.values);
        edit = builder.edit;
        try {
            // Short: the path of a socket has at most 107 bytes.
            folder = Files.createTempDirectory(Path.of("/tmp"), "mtr");
            Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
            image = Project.image(folder);
            for (int i = 0; i < builder.size; i++) {
                Path home = Files.createDirectory(folder.resolve("srv" + (i + 1)));
                // Network namespaces share the file system, so no two members may have the same socket.
                Files.createDirectory(home.resolve("tmp"));
                User.own(home);
                members.add(new Member("srv" + (i + 1), i, home, network, image));
                configure(i, builder.store);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        OPEN.add(this);
        Runtime.getRuntime().addShutdownHook(atExit);
    }

    static Builder on(Network network, int size) {
        return new Builder(network, size);
    }

    static Builder onLoopback(int size) {
        return new Builder(Network.loopback(size), size);
    }

    /** What all clusters that are open have logged last. */
    static String allTails() {
        return OPEN.stream()
                .flatMap(cluster -> cluster.members.stream())
                .map(Member::tails)
                .collect(Collectors.joining("\n"));
    }

    private void configure(int i, Optional<String> store) throws IOException {
        Member member = members.get(i);
        var all = new TreeMap<>(values);
        all.put("name", member.name());
        all.put("listen", network.listen(i));
        all.put("address", network.address(i));
        all.put("postgres", Integer.toString(network.ports(i).postgres()));
        all.put("rest", Integer.toString(network.ports(i).rest()));
        all.put("home", member.home().toString());
        all.put("bin_dir", Project.postgres().toString());
        all.put("superuser", User.name());
        all.put("dcs", store.orElseGet(() -> raft(i)));
        String text;
        try (var template = Cluster.class.getResourceAsStream("/acceptance/member.yml")) {
            text = new String(template.readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        }
        for (var entry : all.entrySet()) {
            text = text.replace("${" + entry.getKey() + "}", entry.getValue());
        }
        Files.writeString(member.config(), edit.apply(text));
        User.own(member.config());
    }

    private String raft(int i) {
        String partners = IntStream.range(0, size)
                .filter(other -> other != i)
                .mapToObj(other -> "'" + network.address(other) + ":"
                        + network.ports(other).raft() + "'")
                .collect(Collectors.joining(","));
        return """
                raft:
                  data_dir: %s/raft
                  self_addr: "%s:%d"
                  partner_addrs: [%s]
                  password: a-secret-of-the-cluster""".formatted(
                members.get(i).home(), network.address(i), network.ports(i).raft(), partners);
    }

    Network network() {
        return network;
    }

    Duration ttl() {
        return Duration.ofSeconds(Long.parseLong(values.get("ttl")));
    }

    /** Ten times the ttl, and never less than a minute: for what should take one ttl. */
    Duration patience() {
        Duration scaled = ttl().multipliedBy(10);
        return scaled.compareTo(Duration.ofSeconds(60)) < 0 ? Duration.ofSeconds(60) : scaled;
    }

    List<Member> members() {
        return List.copyOf(members);
    }

    Member member(String name) {
        return members.stream()
                .filter(member -> member.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no member " + name));
    }

    /** The command line with the configuration of a member. */
    Ctl ctl(Member member) {
        return new Ctl(image, network, member.config());
    }

    Ctl ctl() {
        return ctl(members.getFirst());
    }

    Cluster start() {
        members.forEach(Member::start);
        return this;
    }

    /** Starts all members and waits until they are healthy. */
    Cluster startHealthy() {
        start();
        awaitHealthy();
        return this;
    }

    /** One leader that runs, everyone else streaming from it on the same timeline. */
    void awaitHealthy() {
        awaitHealthy(patience().plus(Await.LONG));
    }

    void awaitHealthy(Duration limit) {
        Await.until(
                "one leader and " + (members.size() - 1) + " streaming replicas", limit, this::isHealthy, this::view);
    }

    private boolean isHealthy() {
        List<Member> primaries = members.stream()
                .filter(member -> member.rest("GET", "/primary").status() == 200)
                .toList();
        if (primaries.size() != 1) {
            members.forEach(this::checkAlive);
            return false;
        }
        return members.stream()
                .filter(member -> !primaries.contains(member))
                .allMatch(member -> member.rest("GET", "/replica?lag=10MB").status() == 200
                        && member.rest("GET", "/patroni").body().contains("\"streaming\""));
    }

    private void checkAlive(Member member) {
        if (!member.isRunning()) {
            throw new IllegalStateException("the agent of " + member + " does not run");
        }
    }

    private String view() {
        return members.stream()
                        .map(member -> member + ": " + member.rest("GET", "/patroni"))
                        .collect(Collectors.joining("\n"))
                + "\n" + ctl().run("list");
    }

    /** The member that answers as primary. */
    Member primary() {
        return findPrimary().orElseThrow(() -> new AssertionError("no primary\n" + view()));
    }

    Optional<Member> findPrimary() {
        return members.stream()
                .filter(member -> member.rest("GET", "/primary").status() == 200)
                .findFirst();
    }

    /** A primary other than {@code old}. */
    Member awaitOtherPrimary(Member old) {
        return Await.value(
                "a primary other than " + old,
                patience(),
                () -> members.stream()
                        .filter(member -> member != old)
                        .filter(member -> member.rest("GET", "/primary").status() == 200)
                        .findFirst(),
                this::view);
    }

    List<Member> others(Member... not) {
        return members.stream().filter(member -> !List.of(not).contains(member)).toList();
    }

    @Override
    public void close() {
        end();
        try {
            Runtime.getRuntime().removeShutdownHook(atExit);
        } catch (IllegalStateException e) {
            // The hook runs already.
            return;
        }
    }

    private void end() {
        if (OPEN.remove(this)) {
            members.forEach(Member::close);
            network.close();
            if (!Boolean.getBoolean("acceptance.keep")) {
                Commands.run("rm", "-rf", folder.toString());
            }
        }
    }
}

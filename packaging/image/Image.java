import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.LocalDateTime;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.jar.Attributes;
import java.util.jar.Manifest;
import java.util.regex.Pattern;
import java.util.spi.ToolProvider;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/**
 * Puts the image together: runtime, jars by DCS, class paths, launchers, AOT caches. Run by the build of app with the
 * JDK that compiled it, as {@code java Image.java BASE_FOLDER TREE_FILE CLASS_PATH_FILE APP_JAR IMAGE_FOLDER}, where the tree is
 * the verbose output of dependency:tree in its tgf format: what needs what, duplicates included, decides which folder
 * a jar belongs to.
 *
 * <p>Only what has changed is written again, so that a build without changes leaves every AOT cache valid: the JVM
 * compares size and time of each jar with those of the training run.
 */
final class Image {

    /** Found with jdeps on the jars (see packaging/README.md), and what jdeps can't see: crypto, zipfs, naming by DNS. */
    static final String MODULES = "java.base,java.logging,java.management,java.naming,java.net.http,"
            + "java.security.jgss,java.security.sasl,java.sql,java.xml,jdk.crypto.ec,jdk.management,jdk.naming.dns,"
            + "jdk.net,jdk.security.auth,jdk.security.jgss,jdk.unsupported,jdk.zipfs";

    static final List<String> STORES = List.of("consul", "etcd", "raft");

    /** What the command line can do without; nothing reachable only through these comes on its class path. */
    static final Predicate<String> AGENT_ONLY = name -> Stream.of(
                    "com.google.inject:", "org.glassfish.jersey", "org.eclipse.jetty", "io.prometheus:", "io.matriarch:adapters-watchdog",
                    // It has a logging of its own.
                    "ch.qos.logback:",
                    // Annotations only.
                    "org.checkerframework:")
            .anyMatch(name::startsWith);

    /**
     * Of the library for certificates an agent needs what makes one. Its jars are signed, as a security provider's have to
     * be on some JVMs: nothing of a signed jar goes into an AOT cache, and the digests of 6,000 classes would stay on the
     * heap. So the image has copies without signature, provider and algorithms: the JDK has those.
     */
    static final String CERTIFICATES = "org.bouncycastle:";

    static final String MANIFEST = "META-INF/MANIFEST.MF";

    static final Pattern LICENCE = Pattern.compile("META-INF/[^/]*(LICEN[CS]E|NOTICE|COPYING)[^/]*", Pattern.CASE_INSENSITIVE);

    static final Pattern NOT_OF_CERTIFICATES = Pattern.compile("META-INF/([^/]*\\.(SF|RSA|DSA|EC)|services/.*|versions/.*)"
            + "|org/bouncycastle/(pqc|crypto|math|jce|jcajce/provider|oer|cbor|tsp|its|mime|est|dvcs|eac)/.*");

    /** What the client of the embedded store does without: it makes no certificate, and runs no node. */
    static final Predicate<String> NODE_ONLY = name -> Stream.of(
                    CERTIFICATES, "com.google.protobuf:", "org.ow2.asm:", "com.google.code.findbugs:", "net.java.dev.jna:",
                    "org.jctools:", "com.lmax:", "commons-io:", "org.apache.commons:", "io.dropwizard.metrics:")
            .anyMatch(name::startsWith);

    /** The security providers of these modules, in the JDK's order. */
    static final List<String> PROVIDERS =
            List.of("SUN", "SunRsaSign", "SunEC", "SunJSSE", "SunJCE", "SunJGSS", "SunSASL", "JdkSASL");

    static final Predicate<String> ADAPTER_OF_A_STORE =
            name -> STORES.stream().anyMatch(store -> name.equals("io.matriarch:adapters-" + store));

    private final Path base;
    private final Path image;
    private final Map<String, List<String>> needs = new HashMap<>();
    private final Map<String, Path> jars = new LinkedHashMap<>();

    private Image(Path base, Path image) {
        this.base = base;
        this.image = image;
    }

    public static void main(String[] args) throws IOException, InterruptedException {
        var build = new Image(Path.of(args[0]), Path.of(args[4]));
        build.readTree(Path.of(args[1]), Path.of(args[2]), Path.of(args[3]));
        build.run();
    }

    private void run() throws IOException, InterruptedException {
        Files.createDirectories(image);
        linkRuntime();
        copyJars();
        copyLaunchers();
        train();
        // For whoever asks whether a source is newer than the image, which keeps what has not changed.
        Files.writeString(image.resolveSibling("image").resolve("built"), "");
    }

    private void readTree(Path tree, Path classPath, Path appJar) throws IOException {
        var files = new HashMap<String, Path>();
        Stream.of(Files.readString(classPath).strip().split(":")).map(Path::of).forEach(file -> files.put(
                file.getFileName().toString(), file));
        var labels = new HashMap<String, String>();
        boolean edges = false;
        for (String line : Files.readAllLines(tree)) {
            if (line.equals("#")) {
                edges = true;
            } else if (edges) {
                String[] ends = line.split(" ");
                needs.computeIfAbsent(labels.get(ends[0]), _ -> new ArrayList<>()).add(labels.get(ends[1]));
            } else {
                String[] words = line.split(" ", 2);
                // group:artifact:type[:classifier]:version:scope, in parentheses where another path brought it first.
                List<String> parts = List.of(words[1].replaceFirst("^\\(", "").split("[ )]")[0].split(":"));
                boolean classified = parts.size() == 6;
                String classifier = classified ? ":" + parts.get(3) : "";
                String name = parts.get(0) + ":" + parts.get(1) + classifier;
                labels.put(words[0], name);
                if (jars.isEmpty()) {
                    jars.put(name, appJar);
                } else {
                    String version = parts.get(classified ? 4 : 3);
                    Path file = files.get(parts.get(1) + "-" + version + classifier.replace(':', '-') + ".jar");
                    if (file != null) {
                        jars.putIfAbsent(name, file);
                    }
                }
            }
        }
        var left = new TreeSet<>(files.values());
        left.removeAll(jars.values());
        if (!left.isEmpty()) {
            throw new IllegalStateException("on the class path but not in the dependency tree: " + left);
        }
    }

    /** Everything reachable from the start without entering what is cut off, in the order of the dependency tree. */
    private List<String> closure(String start, Predicate<String> cut) {
        var seen = new LinkedHashSet<String>();
        var open = new ArrayDeque<>(List.of(start));
        while (!open.isEmpty()) {
            String name = open.remove();
            if (!cut.test(name) && seen.add(name)) {
                open.addAll(needs.getOrDefault(name, List.of()));
            }
        }
        return jars.keySet().stream().filter(seen::contains).toList();
    }

    private void linkRuntime() throws IOException {
        Path runtime = image.resolve("runtime");
        Path stamp = runtime.resolve("linked");
        String wanted = MODULES + " " + PROVIDERS + " " + Runtime.version() + "\n";
        if (Files.exists(stamp) && Files.readString(stamp).equals(wanted)) {
            return;
        }
        delete(runtime);
        int status = ToolProvider.findFirst("jlink")
                .orElseThrow(() -> new IllegalStateException("this JDK has no jlink: " + System.getProperty("java.home")))
                .run(System.out, System.err, "--add-modules", MODULES, "--output", runtime.toString(), "--strip-java-debug-attributes",
                        "--no-header-files", "--no-man-pages", "--compress", "zip-6");
        if (status != 0) {
            throw new IllegalStateException("jlink ended with exit status " + status);
        }
        keepOwnProviders(runtime.resolve("conf/security/java.security"));
        Files.writeString(stamp, wanted);
    }

    /**
     * The list of security providers names those of all modules of the JDK. For one that is not there the JVM looks
     * through every jar, and whenever no provider before it knows an algorithm, which costs a command a tenth of a second
     * and the agent the memory of any provider that happens to be on the class path.
     */
    private static void keepOwnProviders(Path file) throws IOException {
        var lines = new ArrayList<String>();
        var kept = new ArrayList<String>();
        for (String line : Files.readAllLines(file)) {
            String name = line.startsWith("security.provider.") ? line.substring(line.indexOf('=') + 1) : "";
            if (PROVIDERS.contains(name)) {
                kept.add(name);
                lines.add("security.provider." + kept.size() + "=" + name);
            } else if (name.isEmpty()) {
                lines.add(line);
            }
        }
        if (!kept.equals(PROVIDERS)) {
            throw new IllegalStateException("this JDK lists other security providers: " + kept);
        }
        Files.write(file, lines);
    }

    private Path certificatesOnly(Path jar) throws IOException {
        Path cut = Files.createDirectories(base.resolve("app/target/image")).resolve(jar.getFileName());
        try (var in = new ZipFile(jar.toFile());
                var out = new ZipOutputStream(Files.newOutputStream(cut))) {
            for (ZipEntry entry : entries(in)) {
                if (entry.getName().equals(MANIFEST)) {
                    var manifest = new Manifest(in.getInputStream(entry));
                    manifest.getEntries().clear();
                    manifest.getMainAttributes().remove(Attributes.Name.MULTI_RELEASE);
                    var text = new ByteArrayOutputStream();
                    manifest.write(text);
                    add(out, MANIFEST, text.toByteArray());
                } else if (!NOT_OF_CERTIFICATES.matcher(entry.getName()).matches()) {
                    add(out, entry.getName(), in.getInputStream(entry).readAllBytes());
                }
            }
        }
        return cut;
    }

    /**
     * One jar of many, not compressed: `list` spends a tenth of its time on opening jars, on their manifests and on the
     * search for services in each of them. What is in a jar for certain versions of Java is left out, as none of these
     * needs it; licences stay, each under the name of its jar.
     */
    private Path merged(String fileName, Collection<String> names) throws IOException {
        Path file = Files.createDirectories(base.resolve("app/target/image")).resolve(fileName);
        var services = new TreeMap<String, String>();
        var seen = new TreeSet<String>();
        try (var out = new ZipOutputStream(Files.newOutputStream(file))) {
            for (String name : names) {
                try (var in = new ZipFile(jars.get(name).toFile())) {
                    for (ZipEntry entry : entries(in)) {
                        byte[] content = in.getInputStream(entry).readAllBytes();
                        if (entry.getName().startsWith("META-INF/services/")) {
                            services.merge(entry.getName(), new String(content, UTF_8) + "\n", String::concat);
                        } else if (LICENCE.matcher(entry.getName()).matches()) {
                            add(out, "META-INF/" + jars.get(name).getFileName() + entry.getName().substring(8), content);
                        } else if (!entry.getName().startsWith("META-INF/") && seen.add(entry.getName())) {
                            add(out, entry.getName(), content);
                        }
                    }
                }
            }
            for (var service : services.entrySet()) {
                add(out, service.getKey(), service.getValue().getBytes(UTF_8));
            }
        }
        return file;
    }

    private static List<ZipEntry> entries(ZipFile jar) {
        return jar.stream()
                .filter(entry -> !entry.isDirectory() && !entry.getName().endsWith("module-info.class"))
                .sorted(Comparator.comparing(ZipEntry::getName))
                .map(ZipEntry.class::cast)
                .toList();
    }

    private static void add(ZipOutputStream out, String name, byte[] content) throws IOException {
        var entry = new ZipEntry(name);
        entry.setTimeLocal(LocalDateTime.of(2000, 1, 1, 0, 0));
        entry.setMethod(ZipEntry.STORED);
        entry.setSize(content.length);
        var sum = new CRC32();
        sum.update(content);
        entry.setCrc(sum.getValue());
        out.putNextEntry(entry);
        out.write(content);
    }

    private void copyJars() throws IOException {
        for (var jar : jars.entrySet()) {
            if (jar.getKey().startsWith(CERTIFICATES)) {
                jar.setValue(certificatesOnly(jar.getValue()));
            }
        }
        String app = jars.keySet().iterator().next();
        List<String> core = closure(app, ADAPTER_OF_A_STORE);
        List<String> ctl = closure(app, ADAPTER_OF_A_STORE.or(AGENT_ONLY));
        var folders = new TreeMap<String, String>();
        core.forEach(name -> folders.put(name, "core"));
        var lists = new TreeMap<String, Collection<String>>();
        for (String store : STORES) {
            String adapter = "io.matriarch:adapters-" + store;
            Predicate<String> others = name -> ADAPTER_OF_A_STORE.test(name) && !name.equals(adapter);
            List<String> client = closure(adapter, others);
            client.forEach(name -> folders.putIfAbsent(name, core.contains(name) ? "core" : store));
            lists.put("agent-" + store, inOrder(core, client));
            Predicate<String> notOfTheClient = store.equals("raft") ? AGENT_ONLY.or(NODE_ONLY) : AGENT_ONLY;
            // The client first: services are looked for in this order.
            var own = new ArrayList<>(List.of(adapter));
            own.addAll(ctl);
            lists.put("ctl-" + store, inOrder(own, closure(adapter, others.or(notOfTheClient))));
        }
        // One more store could bring a jar that another one has already put into its own folder.
        for (String name : folders.keySet()) {
            long stores = STORES.stream()
                    .filter(store -> closure("io.matriarch:adapters-" + store, _ -> false).contains(name))
                    .count();
            if (stores > 1) {
                folders.put(name, "core".equals(folders.get(name)) ? "core" : "shared");
            }
        }
        var wanted = new TreeSet<Path>();
        for (String name : folders.keySet()) {
            wanted.add(place(jars.get(name), image.resolve("lib").resolve(folders.get(name)), false));
        }
        for (String list : lists.keySet()) {
            refuseDuplicates(list, lists.get(list));
        }
        String oneJar = "io.matriarch:adapters-raft-ctl";
        jars.put(oneJar, merged("adapters-raft-ctl.jar", lists.get("ctl-raft")));
        folders.put(oneJar, "raft");
        wanted.add(place(jars.get(oneJar), image.resolve("lib/raft"), false));
        lists.put("ctl-raft", List.of(oneJar));
        for (var list : lists.entrySet()) {
            String text = list.getValue().stream()
                    .map(name -> folders.get(name) + "/" + jars.get(name).getFileName() + "\n")
                    .collect(Collectors.joining());
            writeIfOther(image.resolve("lib").resolve(list.getKey() + ".classpath"), text);
        }
        for (Path file : walk(image.resolve("lib"))) {
            if (file.toString().endsWith(".jar") && !wanted.contains(file)) {
                Files.delete(file);
            }
        }
    }

    private Collection<String> inOrder(List<String> one, List<String> other) {
        var names = new LinkedHashSet<>(one);
        names.addAll(other);
        // An artifact without a jar only carries dependencies.
        names.removeIf(name -> !jars.containsKey(name));
        return names;
    }

    /** Which of two classes of one name is loaded would depend on the order of the class path. */
    private void refuseDuplicates(String list, Collection<String> names) throws IOException {
        Map<String, String> owners = new HashMap<>();
        Set<String> problems = new TreeSet<>();
        for (String name : names) {
            try (var jar = new ZipFile(jars.get(name).toFile())) {
                jar.stream().map(entry -> entry.getName()).filter(Image::isClass).forEach(entry -> {
                    String owner = owners.putIfAbsent(entry, name);
                    if (owner != null) {
                        problems.add(owner + " and " + name + " both have " + entry.substring(0, entry.lastIndexOf('/')));
                    }
                });
            }
        }
        if (!problems.isEmpty()) {
            throw new IllegalStateException("class path " + list + ": " + String.join("; ", problems));
        }
    }

    private static boolean isClass(String entry) {
        return entry.endsWith(".class") && !entry.endsWith("module-info.class") && entry.contains("/") && !entry.startsWith("META-INF/");
    }

    private void copyLaunchers() throws IOException {
        Path from = base.resolve("packaging/image");
        place(from.resolve("matriarch"), image.resolve("bin"), true);
        place(from.resolve("matriarchctl"), image.resolve("bin"), true);
        place(from.resolve("launcher.sh"), image.resolve("lib"), false);
        place(base.resolve("adapters-watchdog/target/guard/matriarch-guard"), image.resolve("lib"), true);
        place(from.resolve("logging.properties"), image.resolve("lib"), false);
        place(base.resolve("LICENSE"), image, false);
        // The names an operator's hands and units already know.
        alias("patroni", "matriarch");
        alias("patroni_raft_controller", "matriarch");
        alias("patronictl", "matriarchctl");
        alias("syncobj_admin", "matriarchctl");
    }

    private void alias(String name, String target) throws IOException {
        Path link = image.resolve("bin").resolve(name);
        if (!Files.isSymbolicLink(link)) {
            Files.createSymbolicLink(link, Path.of(target));
        }
    }

    /** Copies a file unless the same bytes are there; the copy keeps no time of its origin. */
    private static Path place(Path from, Path folder, boolean executable) throws IOException {
        Files.createDirectories(folder);
        Path to = folder.resolve(from.getFileName());
        if (!Files.exists(to) || Files.mismatch(from, to) != -1) {
            Files.deleteIfExists(to);
            Files.write(to, Files.readAllBytes(from));
        }
        Files.setPosixFilePermissions(to, PosixFilePermissions.fromString(executable ? "rwxr-xr-x" : "rw-r--r--"));
        return to;
    }

    private static void writeIfOther(Path file, String text) throws IOException {
        if (!Files.exists(file) || !Files.readString(file).equals(text)) {
            Files.writeString(file, text);
        }
    }

    /** The caches come last, and only if one of their inputs has changed: each takes seconds. */
    private void train() throws IOException, InterruptedException {
        Path stamp = image.resolve("lib/trained");
        var inputs = new StringBuilder();
        for (Path file : walk(image)) {
            if (!file.getFileName().toString().contains(".aot") && !file.equals(stamp)) {
                inputs.append(image.relativize(file)).append(' ').append(Files.size(file)).append(' ')
                        .append(Files.getLastModifiedTime(file)).append('\n');
            }
        }
        for (Path file : walk(base.resolve("packaging/aot"))) {
            inputs.append(file.getFileName()).append(' ').append(Files.readString(file).hashCode()).append('\n');
        }
        if (Files.exists(stamp) && Files.readString(stamp).equals(inputs.toString())) {
            return;
        }
        Files.deleteIfExists(stamp);
        int status = new ProcessBuilder(
                        "sh",
                        base.resolve("packaging/aot/train.sh").toString(),
                        image.toString(),
                        Path.of(System.getProperty("java.home"), "bin/java").toString())
                .inheritIO()
                .start()
                .waitFor();
        if (status != 0) {
            throw new IllegalStateException("packaging/aot/train.sh ended with exit status " + status);
        }
        Files.writeString(stamp, inputs);
    }

    private static List<Path> walk(Path folder) {
        try (var files = Files.walk(folder)) {
            return files.filter(file -> Files.isRegularFile(file) && !Files.isSymbolicLink(file)).sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void delete(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return;
        }
        try (var files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}

package io.matriarch.app.ctl;

import io.matriarch.app.config.Trees;
import io.matriarch.app.config.YamlTree;
import io.matriarch.app.store.ClusterCodec;
import io.matriarch.ports.dcs.Change;
import io.matriarch.ports.dcs.StoreKey;
import io.matriarch.ports.dcs.WriteResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** {@code edit-config}: changes the dynamic configuration, if nobody else has changed it meanwhile. */
final class EditConfigVerb implements Verb {

    private static final String STANDARD_INPUT = "-";

    @Override
    public String synopsis() {
        return "[OPTIONS] [CLUSTER_NAME]";
    }

    @Override
    public String description() {
        return "Edit cluster configuration";
    }

    @Override
    public List<Option> options() {
        return List.of(
                Option.GROUP,
                Option.flag("Do not show changes", "-q", "--quiet"),
                Option.list("TEXT", "Set specific configuration value. Can be specified multiple times", "-s", "--set"),
                Option.list(
                        "TEXT",
                        "Set specific PostgreSQL parameter value. Shorthand for -s postgresql.parameters.",
                        "-p",
                        "--pg"),
                Option.of("FILENAME", "Apply configuration from file. Use - for stdin.", "--apply"),
                Option.of("FILENAME", "Apply configuration from file, replacing existing configuration.", "--replace"),
                Option.FORCE);
    }

    @Override
    public int maxArguments() {
        return 1;
    }

    @Override
    public int run(Arguments arguments, Session session) {
        Console console = session.console();
        Cluster cluster = session.cluster(arguments);
        Map<String, Object> before = ClusterCodec.config(cluster.snapshot())
                .orElseThrow(() -> new CtlException("The config key does not exist in the cluster " + cluster.name()));
        Map<String, Object> after = changed(arguments, session, cluster, before);
        boolean quiet = arguments.flag("--quiet");
        if (YamlTree.dump(before).equals(YamlTree.dump(after))) {
            if (!quiet) {
                console.line("Not changed");
            }
            return 0;
        }
        if (!quiet) {
            show(session, UnifiedDiff.of(ConfigEdit.lines(before), ConfigEdit.lines(after)));
        }
        if (!arguments.flag("--force")) {
            boolean typedIn =
                    arguments.text("--apply").filter(STANDARD_INPUT::equals).isPresent()
                            || arguments
                                    .text("--replace")
                                    .filter(STANDARD_INPUT::equals)
                                    .isPresent();
            if (typedIn) {
                console.line("Use --force option to apply changes");
                return 0;
            }
            if (!console.confirm("Apply these changes?")) {
                return 0;
            }
        }
        write(session, cluster, after);
        console.line("Configuration changed");
        return 0;
    }

    private static void write(Session session, Cluster cluster, Map<String, Object> config) {
        Change change = Change.NONE
                .when(StoreKey.CONFIG, cluster.view().configRevision())
                .put(StoreKey.CONFIG, ClusterCodec.encodeConfig(config));
        switch (session.write(cluster, change)) {
            case WriteResult.Done _ -> {}
            case WriteResult.Refused _ ->
                throw new CtlException("Config modification aborted due to concurrent changes");
            case WriteResult.Unknown unknown ->
                throw new CtlException("no answer from the store, the change may or may not apply: " + unknown.why());
        }
    }

    private static Map<String, Object> changed(
            Arguments arguments, Session session, Cluster cluster, Map<String, Object> before) {
        Optional<String> replace = arguments.text("--replace");
        Optional<String> apply = arguments.text("--apply");
        List<String> sets = arguments.texts("--set");
        List<String> parameters = arguments.texts("--pg");
        if (replace.isEmpty() && apply.isEmpty() && sets.isEmpty() && parameters.isEmpty()) {
            return edited(session, cluster, before);
        }
        Map<String, Object> tree = replace.isPresent() ? document(session, replace.get()) : before;
        if (apply.isPresent()) {
            tree = Trees.patch(tree, document(session, apply.get()));
        }
        for (String pair : sets) {
            tree = ConfigEdit.set(tree, pair);
        }
        for (String pair : parameters) {
            tree = ConfigEdit.set(tree, ConfigEdit.PARAMETERS + pair);
        }
        return tree;
    }

    private static Map<String, Object> document(Session session, String file) {
        if (file.equals(STANDARD_INPUT)) {
            return ConfigEdit.document(session.console().readAll(), "standard input");
        }
        try {
            return ConfigEdit.document(Files.readString(Path.of(file)), file);
        } catch (IOException e) {
            throw new CtlException("can not read " + file + ": " + e, e);
        }
    }

    private static Map<String, Object> edited(Session session, Cluster cluster, Map<String, Object> before) {
        try {
            Path file = Files.createTempFile(cluster.name().replace('/', '_') + "-config-", ".yaml");
            try {
                Files.writeString(file, YamlTree.dump(before));
                ExternalTool.edit(session, file);
                return ConfigEdit.document(Files.readString(file), "the edited file");
            } finally {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            throw new CtlException("temporary file: " + e, e);
        }
    }

    private static void show(Session session, List<String> diff) {
        if (session.console().isTerminal()) {
            ExternalTool.page(session, diff);
        } else {
            diff.forEach(session.console()::line);
        }
        session.console().line("");
    }
}

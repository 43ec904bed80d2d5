package io.matriarch.app.ctl;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/** {@code list} and {@code topology}: clusters as tables, once or again and again. */
final class ListVerb implements Verb {

    private final boolean topology;

    ListVerb(boolean topology) {
        this.topology = topology;
    }

    @Override
    public String synopsis() {
        return "[OPTIONS] [CLUSTER_NAMES]...";
    }

    @Override
    public String description() {
        return topology ? "Prints ASCII topology for given cluster" : "List the members of a cluster";
    }

    @Override
    public List<Option> options() {
        return topology
                ? List.of(Option.GROUP, Option.WATCH2, Option.WATCH)
                : List.of(
                        Option.flag("Show some extra information", "-e", "--extended"),
                        Option.flag("Print timestamp", "-t", "--timestamp"),
                        Option.GROUP,
                        Option.FORMAT,
                        Option.WATCH2,
                        Option.WATCH);
    }

    @Override
    public int maxArguments() {
        return Integer.MAX_VALUE;
    }

    @Override
    public int run(Arguments arguments, Session session) {
        Format format = topology ? Format.TOPOLOGY : arguments.format();
        var group = arguments.integer("--group");
        OptionalDouble refresh = arguments.refresh();
        List<String> names = arguments.words().isEmpty()
                ? session.clusterName(Optional.empty()).map(List::of).orElse(List.of())
                : arguments.words();
        if (names.isEmpty()) {
            session.log("WARNING", "Listing members: No cluster names were provided");
            return 0;
        }
        while (true) {
            List<Cluster> clusters =
                    names.stream().map(name -> session.load(name, group)).toList();
            if (refresh.isPresent()) {
                session.console().clear();
            }
            if (!topology && arguments.flag("--timestamp")) {
                session.console().line(session.stamp().seconds());
            }
            boolean extended = !topology && arguments.flag("--extended");
            clusters.forEach(cluster -> ClusterTable.print(session.console(), cluster, format, extended));
            if (refresh.isEmpty()) {
                return 0;
            }
            session.pause(Duration.ofMillis((long) (refresh.getAsDouble() * 1000)));
        }
    }
}

package io.matriarch.app.ctl;

import io.matriarch.app.store.ClusterCodec;
import java.util.List;

/** {@code show-config}: the dynamic configuration as YAML. */
final class ShowConfigVerb implements Verb {

    @Override
    public String synopsis() {
        return "[OPTIONS] [CLUSTER_NAME]";
    }

    @Override
    public String description() {
        return "Show cluster configuration";
    }

    @Override
    public List<Option> options() {
        return List.of(Option.GROUP);
    }

    @Override
    public int maxArguments() {
        return 1;
    }

    @Override
    public int run(Arguments arguments, Session session) {
        Cluster cluster = session.cluster(arguments);
        ClusterCodec.config(cluster.snapshot()).ifPresent(config -> Rows.yaml(session.console(), config));
        return 0;
    }
}

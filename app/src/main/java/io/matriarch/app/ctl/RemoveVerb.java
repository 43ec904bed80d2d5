package io.matriarch.app.ctl;

import io.matriarch.domain.cluster.MemberName;
import io.matriarch.ports.dcs.WriteResult;
import java.util.List;
import java.util.Optional;

/** {@code remove}: ends everything the store has of a cluster. Nobody gets past its questions. */
final class RemoveVerb implements Verb {

    private static final String AWARE = "Yes I am aware";

    @Override
    public String synopsis() {
        return "[OPTIONS] CLUSTER_NAME";
    }

    @Override
    public String description() {
        return "Remove cluster from DCS";
    }

    @Override
    public List<Option> options() {
        return List.of(Option.GROUP, Option.FORMAT);
    }

    @Override
    public int maxArguments() {
        return 1;
    }

    @Override
    public int run(Arguments arguments, Session session) {
        Format format = arguments.format();
        Cluster cluster = session.namedCluster(arguments);
        Console console = session.console();
        ClusterTable.print(console, cluster, format, false);
        if (!console.ask("Please confirm the cluster name to remove", Optional.empty())
                .equals(cluster.name())) {
            throw new CtlException("Cluster names specified do not match");
        }
        String warning = "You are about to remove all information in DCS for " + cluster.name() + ", please type: \""
                + AWARE + "\"";
        if (!console.ask(warning, Optional.empty()).equals(AWARE)) {
            throw new CtlException("You did not exactly type \"" + AWARE + "\"");
        }
        Optional<String> leader = cluster.view().leaderName().map(MemberName::value);
        if (leader.isPresent()
                && !console.ask(
                                "This cluster currently is healthy. Please specify the leader name to continue",
                                Optional.empty())
                        .equals(leader.get())) {
            throw new CtlException("You did not specify the current leader of the cluster");
        }
        return switch (session.dcs(cluster).removeCluster()) {
            case WriteResult.Done _ -> 0;
            case WriteResult.Refused refused -> throw new CtlException(refused.why());
            case WriteResult.Unknown unknown ->
                throw new CtlException("no answer, the keys may or may not be gone: " + unknown.why());
        };
    }
}

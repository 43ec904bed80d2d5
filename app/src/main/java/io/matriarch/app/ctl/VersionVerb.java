package io.matriarch.app.ctl;

import io.matriarch.app.config.Json;
import io.matriarch.app.config.Trees;
import io.matriarch.app.store.PostgresVersion;
import io.matriarch.app.version.Version;
import io.matriarch.domain.cluster.Member;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** {@code version}: of the command line, and of a cluster's members. */
final class VersionVerb implements Verb {

    @Override
    public String synopsis() {
        return "[OPTIONS] [CLUSTER_NAME] [MEMBER_NAMES]...";
    }

    @Override
    public String description() {
        return "Output version of the command line or of a running instance";
    }

    @Override
    public List<Option> options() {
        return List.of(Option.GROUP);
    }

    @Override
    public int maxArguments() {
        return Integer.MAX_VALUE;
    }

    @Override
    public int run(Arguments arguments, Session session) {
        String program = session.surroundings().program();
        // Who calls it by the old name parses the version it had there.
        String own = program.equals("patronictl") ? Version.PATRONI : Version.own();
        session.console().line(program + " version " + own);
        if (arguments.words().isEmpty()) {
            return 0;
        }
        session.console().line("");
        Cluster cluster = session.load(arguments.words().getFirst(), arguments.integer("--group"));
        List<String> names = arguments.wordsFrom(1);
        for (Member member : cluster.view().members()) {
            if (member.apiUrl().isPresent()
                    && (names.isEmpty() || names.contains(member.name().value()))) {
                session.console().line(member.name() + ": " + version(session, member));
            }
        }
        return 0;
    }

    private static String version(Session session, Member member) {
        Map<String, Object> status;
        try {
            status = Json.object(session.rest().get(member, "/patroni").body())
                    .orElseThrow(() -> new IOException("no JSON object in the answer"));
        } catch (IOException e) {
            return "failed to get version: " + e.getMessage();
        }
        String version = Trees.text(Trees.mapAt(status, "patroni").get("version"));
        Optional<Object> server = Optional.ofNullable(status.get("server_version"));
        return "Patroni " + version
                + server.filter(Number.class::isInstance)
                        .map(number -> " PostgreSQL " + PostgresVersion.text(((Number) number).intValue()))
                        .orElse("");
    }
}

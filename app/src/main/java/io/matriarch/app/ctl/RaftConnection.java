package io.matriarch.app.ctl;

import io.matriarch.app.config.TreeSection;
import io.matriarch.app.store.MemberUrls;
import io.matriarch.ports.dcs.ConsensusAdmin;
import io.matriarch.ports.plugin.ConfigProblems;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The way to the embedded store's administration, for both of its command lines. */
final class RaftConnection {

    static final Duration PATIENCE = Duration.ofSeconds(10);

    private static final String SECTION = "raft";

    private RaftConnection() {}

    /** {@code host:port} with a port from 1 to 65535. */
    static boolean isAddress(String text) {
        return text.indexOf(':') > 0
                && MemberUrls.hostPort(text, -1)
                        .filter(address -> address.port() > 0)
                        .isPresent();
    }

    /**
     * Opens the administration with the configured section: its certificates, and its password unless another is given.
     * Where nothing is configured the node itself is all that is known of the store.
     */
    static ConsensusAdmin open(Session session, String node, Optional<String> password) {
        Map<String, Object> values = values(session, password);
        if (values.get("self_addr") == null && values.get("partner_addrs") == null) {
            values.put("partner_addrs", List.of(node));
        }
        return open(session, values);
    }

    /** The same for what any node can answer: the configured ones, or the given one alone. */
    static ConsensusAdmin toAny(Session session, Optional<String> node, Optional<String> password) {
        Map<String, Object> values = values(session, password);
        node.ifPresent(only -> {
            values.remove("self_addr");
            values.put("partner_addrs", List.of(only));
        });
        return open(session, values);
    }

    private static Map<String, Object> values(Session session, Optional<String> password) {
        Map<String, Object> values =
                new LinkedHashMap<>(session.config().section(SECTION).values());
        password.ifPresent(word -> values.put("password", word));
        return values;
    }

    private static ConsensusAdmin open(Session session, Map<String, Object> values) {
        try {
            return session.provider(SECTION)
                    .flatMap(provider -> provider.admin(TreeSection.of(SECTION, values)))
                    .orElseThrow(() -> new CtlException("the embedded store's administration is not installed"));
        } catch (ConfigProblems e) {
            throw new CtlException(e.getMessage(), e);
        }
    }
}

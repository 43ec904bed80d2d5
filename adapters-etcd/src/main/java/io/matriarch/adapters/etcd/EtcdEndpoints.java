package io.matriarch.adapters.etcd;

import io.grpc.StatusRuntimeException;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Hashtable;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import javax.naming.Context;
import javax.naming.NamingException;
import javax.naming.directory.InitialDirContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Where etcd's members are: as configured or as DNS says, and as etcd itself told since. */
final class EtcdEndpoints {

    private static final Logger log = LoggerFactory.getLogger(EtcdEndpoints.class);
    private static final List<String> SERVICES = List.of("_etcd-client-ssl", "_etcd-client", "_etcd-ssl", "_etcd");

    private final EtcdSettings settings;
    private volatile List<Endpoint> found = List.of();
    private volatile List<Endpoint> learned = List.of();
    private volatile boolean asked;
    private volatile long askedAt;

    EtcdEndpoints(EtcdSettings settings) {
        this.settings = settings;
    }

    List<Endpoint> get() {
        var all = new LinkedHashSet<>(settings.hosts());
        if (settings.srv().isPresent()) {
            if (found.isEmpty()) {
                found = lookUp(settings.srv().get());
            }
            all.addAll(found);
        }
        all.addAll(learned);
        return List.copyOf(all);
    }

    /** Takes over what etcd says of its members, at most once an interval; those that were configured stay first. */
    void learn(EtcdSession session, Duration interval, Budget budget) {
        long now = System.nanoTime();
        boolean due = settings.discover() && (!asked || now - askedAt > interval.toNanos());
        if (!due) {
            return;
        }
        asked = true;
        askedAt = now;
        try {
            var members = new ArrayList<Endpoint>();
            for (var member : session.members(budget).getMembersList()) {
                member.getClientURLsList().forEach(url -> usable(url).ifPresent(members::add));
            }
            if (!members.equals(learned)) {
                log.info("etcd names its members: {}", members);
                learned = List.copyOf(members);
            }
        } catch (StatusRuntimeException e) {
            log.debug("etcd does not name its members: {}", EtcdFailures.text(e));
        }
    }

    /** A member's address for clients, if it speaks what the configured ones speak. */
    private Optional<Endpoint> usable(String url) {
        try {
            var address = new URI(url);
            boolean same = (settings.tls().isPresent() ? "https" : "http").equals(address.getScheme());
            return same && address.getHost() != null && address.getPort() > 0
                    ? Optional.of(Endpoint.parse(address.getHost() + ":" + address.getPort(), address.getPort()))
                    : Optional.empty();
        } catch (URISyntaxException e) {
            return Optional.empty();
        }
    }

    private List<Endpoint> lookUp(String domain) {
        var suffix = settings.srvSuffix().map(text -> "-" + text).orElse("");
        for (var service : SERVICES) {
            var name = service + suffix + "._tcp." + domain;
            var members = records(name);
            if (!members.isEmpty()) {
                log.info("etcd members by {}: {}", name, members);
                return members;
            }
        }
        log.warn("no SRV record names etcd members in domain {}", domain);
        return List.of();
    }

    private static List<Endpoint> records(String name) {
        var environment = new Hashtable<String, String>();
        environment.put(Context.INITIAL_CONTEXT_FACTORY, "com.sun.jndi.dns.DnsContextFactory");
        environment.put("com.sun.jndi.dns.timeout.initial", "1000");
        environment.put("com.sun.jndi.dns.timeout.retries", "2");
        var members = new ArrayList<Endpoint>();
        try {
            var context = new InitialDirContext(environment);
            try {
                var records = context.getAttributes(name, new String[] {"SRV"}).get("SRV");
                for (int i = 0; records != null && i < records.size(); i++) {
                    members.add(parse(records.get(i).toString()));
                }
            } finally {
                context.close();
            }
        } catch (NamingException e) {
            log.debug("no SRV record {}: {}", name, e.toString());
        }
        return members;
    }

    /** {@code priority weight port target.} */
    static Endpoint parse(String serviceRecord) {
        var parts = serviceRecord.trim().split(" +");
        var target = parts[3].endsWith(".") ? parts[3].substring(0, parts[3].length() - 1) : parts[3];
        return new Endpoint(target, Integer.parseInt(parts[2]));
    }
}

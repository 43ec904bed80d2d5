package io.matriarch.app.rest;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Networks that may call unsafe methods. One that is configured and resolves to nothing allows nobody. */
record AllowList(List<Network> networks) {

    private static final Logger log = LoggerFactory.getLogger(AllowList.class);

    /** The first bits of an address. */
    record Network(InetAddress address, int bits) {

        boolean contains(InetAddress other) {
            byte[] one = address.getAddress();
            byte[] two = other.getAddress();
            if (one.length != two.length) {
                return false;
            }
            for (int bit = 0; bit < bits; bit++) {
                int mask = 0x80 >> bit % 8;
                if ((one[bit / 8] & mask) != (two[bit / 8] & mask)) {
                    return false;
                }
            }
            return true;
        }
    }

    AllowList {
        networks = List.copyOf(networks);
    }

    /** Looks names up; what cannot be used is logged and left out. */
    static AllowList resolve(List<String> entries) {
        List<Network> networks = new ArrayList<>();
        for (String entry : entries) {
            try {
                networks.addAll(networks(entry.strip()));
            } catch (UnknownHostException | IllegalArgumentException e) {
                log.error("restapi.allowlist has {}, which is no address, network or known host name", entry);
            }
        }
        return new AllowList(networks);
    }

    private static List<Network> networks(String entry) throws UnknownHostException {
        int slash = entry.indexOf('/');
        if (slash < 0) {
            List<Network> all = new ArrayList<>();
            for (InetAddress address : InetAddress.getAllByName(entry)) {
                all.add(new Network(address, address.getAddress().length * 8));
            }
            return all;
        }
        InetAddress address = InetAddress.ofLiteral(entry.substring(0, slash));
        int bits = Integer.parseInt(entry.substring(slash + 1));
        if (bits < 0 || bits > address.getAddress().length * 8) {
            throw new IllegalArgumentException("prefix length " + bits);
        }
        return List.of(new Network(address, bits));
    }

    /** IPv4 clients of a dual-stack socket come with their IPv4 address: the JDK unwraps it. */
    boolean contains(InetAddress address) {
        return networks.stream().anyMatch(network -> network.contains(address));
    }
}

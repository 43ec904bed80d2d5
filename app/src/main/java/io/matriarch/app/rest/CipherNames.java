package io.matriarch.app.rest;

import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import javax.net.ssl.SSLContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Cipher suites as OpenSSL's lists name them, in the JDK's words. */
final class CipherNames {

    private static final Logger log = LoggerFactory.getLogger(CipherNames.class);

    private CipherNames() {}

    /** The suites of a list that this JDK has. Classes such as {@code HIGH} and exclusions are left out, with a word. */
    static String[] supported(String list) {
        Set<String> known = known();
        List<String> suites = new ArrayList<>();
        for (String name : list.split("[:, ]+")) {
            String suite = name.startsWith("TLS_") ? name : translated(name);
            if (known.contains(suite)) {
                suites.add(suite);
            } else {
                log.warn("restapi.ciphers has {}, which names no suite of this server: it is left out", name);
            }
        }
        // TLS 1.3 has suites of its own that OpenSSL's lists never touch.
        known.stream()
                .filter(suite -> suite.startsWith("TLS_AES_") || suite.startsWith("TLS_CHACHA20_"))
                .filter(suite -> !suites.contains(suite))
                .forEach(suites::add);
        return suites.toArray(String[]::new);
    }

    /** {@code ECDHE-RSA-AES128-GCM-SHA256} is TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256. */
    private static String translated(String name) {
        String[] parts = name.replace("AES128", "AES_128")
                .replace("AES256", "AES_256")
                .replace("CHACHA20-POLY1305", "CHACHA20_POLY1305_SHA256")
                .split("-");
        List<String> exchange = new ArrayList<>();
        List<String> cipher = new ArrayList<>();
        for (String part : parts) {
            boolean first =
                    cipher.isEmpty() && List.of("ECDHE", "DHE", "RSA", "ECDSA").contains(part);
            (first ? exchange : cipher).add(part);
        }
        if (exchange.isEmpty()) {
            exchange.add("RSA");
        }
        return "TLS_" + String.join("_", exchange) + "_WITH_" + String.join("_", cipher);
    }

    private static Set<String> known() {
        try {
            return new TreeSet<>(Arrays.asList(
                    SSLContext.getDefault().getSupportedSSLParameters().getCipherSuites()));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("this JDK has no TLS", e);
        }
    }
}

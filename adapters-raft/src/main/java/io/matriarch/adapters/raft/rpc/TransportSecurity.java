package io.matriarch.adapters.raft.rpc;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.slf4j.LoggerFactory;

/** Who may talk to the Raft port, and how that is proved. */
public sealed interface TransportSecurity {

    /**
     * No secret and no encryption: only connections from addresses the partners' host names resolve to are accepted. Anyone
     * who can send from such an address can change the cluster.
     *
     * @param partners host names or addresses, this member's own included if it shall reach itself
     */
    record Open(Set<String> partners) implements TransportSecurity {
        public Open {
            partners = Set.copyOf(partners);
        }
    }

    /**
     * Mutual TLS 1.3: both ends show a certificate signed by the given authority. The files are read again when they
     * change, for the next connection.
     *
     * @param caFile PEM, one or more certificates
     * @param certFile PEM, this member's certificate, then the intermediates
     * @param keyFile PEM, PKCS#8, PKCS#1 or SEC 1, not encrypted
     * @param verifyHostName whether the certificate of a server must name the host that was dialled
     */
    record Certificates(Path caFile, Path certFile, Path keyFile, boolean verifyHostName) implements TransportSecurity {
        public Certificates {
            for (Path file : List.of(caFile, certFile, keyFile)) {
                Objects.requireNonNull(file);
            }
        }

        /** With verification of the host name. */
        public Certificates(Path caFile, Path certFile, Path keyFile) {
            this(caFile, certFile, keyFile, true);
        }
    }

    /**
     * TLS 1.3 with a certificate each process makes for itself; then both ends prove that they know the password by an
     * HMAC over keying material exported from the very TLS session, so that nobody in the middle can pass a proof on.
     */
    record SharedSecret(String password) implements TransportSecurity {
        public SharedSecret {
            if (password.isEmpty()) {
                throw new IllegalArgumentException("the shared secret is empty");
            }
        }

        @Override
        public String toString() {
            return "SharedSecret[***]";
        }
    }

    /** Loads the JVM's TLS, which takes longer than most of what a command line does. */
    static void warmUp() {
        try {
            SelfMadeTls.dialling();
        } catch (IOException e) {
            LoggerFactory.getLogger(TransportSecurity.class).debug("no TLS", e);
        }
    }
}

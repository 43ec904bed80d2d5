package io.matriarch.app.rest;

import io.matriarch.app.config.HostPort;
import io.matriarch.app.config.RestSettings;
import io.matriarch.app.config.RestSettings.VerifyClient;
import io.matriarch.app.tls.TlsContexts;
import java.io.IOException;
import java.net.BindException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import org.eclipse.jetty.http.HttpCompliance;
import org.eclipse.jetty.http.UriCompliance;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.SecureRequestCustomizer;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.SslConnectionFactory;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Jetty on one address, with or without TLS. */
final class Listener implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(Listener.class);

    private static final long IDLE_MILLIS = 30_000;

    private final Server server;
    private final ServerConnector connector;

    private Listener(Server server, ServerConnector connector) {
        this.server = server;
        this.connector = connector;
    }

    /**
     * What a listener cannot change while it runs.
     *
     * @param serial of the certificate on disk
     */
    record Binding(
            HostPort listen,
            Optional<TlsContexts.Identity> identity,
            Optional<Path> cafile,
            Optional<String> ciphers,
            VerifyClient verifyClient,
            String serial) {

        static Binding of(RestSettings settings) {
            return new Binding(
                    settings.listen(),
                    settings.certfile()
                            .map(file ->
                                    new TlsContexts.Identity(file, settings.keyfile(), settings.keyfilePassword())),
                    settings.cafile(),
                    settings.ciphers(),
                    settings.verifyClient(),
                    settings.certfile().map(Binding::serial).orElse(""));
        }

        private static String serial(Path certfile) {
            try {
                return TlsContexts.serialNumber(certfile);
            } catch (IOException | GeneralSecurityException e) {
                return "unreadable";
            }
        }
    }

    /**
     * What a listener is opened with. The certificate has been read: later on its file may say something else.
     *
     * @param tls empty for plain HTTP
     */
    record Prepared(Binding binding, Optional<SSLContext> tls) {

        /**
         * Reads the certificate.
         *
         * @throws RestServerException when it cannot be used
         */
        static Prepared of(Binding binding) throws RestServerException {
            if (binding.identity().isEmpty()) {
                return new Prepared(binding, Optional.empty());
            }
            try {
                return new Prepared(
                        binding,
                        Optional.of(TlsContexts.server(binding.identity().get(), binding.cafile())));
            } catch (IOException | GeneralSecurityException e) {
                throw new RestServerException("restapi.certfile can't be used: " + e.getMessage(), e);
            }
        }
    }

    /**
     * Binds and serves.
     *
     * @throws RestServerException with what is wrong in the operator's words
     */
    static Listener open(Prepared prepared, int backlog, Handler handler) throws RestServerException {
        var threads = new QueuedThreadPool(8, 2);
        threads.setName("rest");
        threads.setReservedThreads(0);
        threads.setDaemon(true);
        Server server = new Server(threads);
        ServerConnector connector = connector(server, prepared);
        HostPort listen = prepared.binding().listen();
        if (!listen.host().isEmpty() && !listen.host().equals("*")) {
            connector.setHost(listen.host());
        }
        connector.setPort(listen.port());
        connector.setAcceptQueueSize(backlog);
        connector.setIdleTimeout(IDLE_MILLIS);
        connector.setReuseAddress(true);
        server.addConnector(connector);
        server.setHandler(handler);
        server.setStopTimeout(0);
        try {
            server.start();
        } catch (Exception e) {
            stop(server);
            throw failure(listen, e);
        }
        return new Listener(server, connector);
    }

    private static RestServerException failure(HostPort listen, Exception e) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof BindException) {
                boolean taken = String.valueOf(cause.getMessage()).contains("in use");
                return new RestServerException(
                        "restapi.listen " + listen + (taken ? " is already in use" : ": " + cause.getMessage()), e);
            }
        }
        return new RestServerException("restapi.listen " + listen + ": " + e.getMessage(), e);
    }

    private static ServerConnector connector(Server server, Prepared prepared) {
        var http = new HttpConfiguration();
        http.setSendServerVersion(false);
        http.setSendDateHeader(true);
        // Odd paths get the code of a failed health check, not an error of their own.
        http.setUriCompliance(UriCompliance.UNSAFE);
        http.setHttpCompliance(HttpCompliance.RFC7230);
        if (prepared.tls().isEmpty()) {
            return new ServerConnector(server, 1, 1, new HttpConnectionFactory(http));
        }
        // Members call each other by address, so the name in the certificate plays no part.
        var secure = new SecureRequestCustomizer();
        secure.setSniHostCheck(false);
        http.addCustomizer(secure);
        var factory = new SslContextFactory.Server();
        factory.setSslContext(prepared.tls().get());
        Binding binding = prepared.binding();
        factory.setWantClientAuth(binding.verifyClient() == VerifyClient.OPTIONAL);
        factory.setNeedClientAuth(binding.verifyClient() == VerifyClient.REQUIRED);
        binding.ciphers().map(CipherNames::supported).ifPresent(factory::setIncludeCipherSuites);
        return new ServerConnector(
                server, 1, 1, new SslConnectionFactory(factory, "http/1.1"), new HttpConnectionFactory(http));
    }

    int port() {
        return connector.getLocalPort();
    }

    private static void stop(Server server) {
        try {
            server.stop();
        } catch (Exception e) {
            // It is being thrown away.
            log.debug("stopping the REST server: {}", e.toString());
        }
    }

    @Override
    public void close() {
        stop(server);
    }
}

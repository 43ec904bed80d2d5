package io.matriarch.adapters.raft.rpc;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.UnknownHostException;
import java.util.Optional;
import java.util.Set;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSocket;

/** Turns a fresh TCP connection into an authenticated one, or says why not. Blocks; the caller bounds the time. */
final class Handshaker {

    private static final int BUFFER = 16 * 1024;

    /** An authenticated connection. */
    record Established(InputStream in, OutputStream out, Hello remote) {}

    private record Channel(InputStream in, OutputStream out, Optional<SSLSession> session) {}

    private final TransportSettings settings;
    private final Optional<TlsFiles> files;
    private final Optional<SSLContext> dialling;
    private final Optional<SSLContext> serving;
    private final Optional<SecretProof> secret;

    Handshaker(TransportSettings settings) throws IOException {
        this.settings = settings;
        switch (settings.security()) {
            case TransportSecurity.Open open -> {
                files = Optional.empty();
                dialling = Optional.empty();
                serving = Optional.empty();
                secret = Optional.empty();
            }
            case TransportSecurity.Certificates certificates -> {
                files = Optional.of(new TlsFiles(certificates));
                dialling = Optional.empty();
                serving = Optional.empty();
                secret = Optional.empty();
            }
            case TransportSecurity.SharedSecret shared -> {
                files = Optional.empty();
                secret = Optional.of(new SecretProof(shared.password()));
                dialling = Optional.of(SelfMadeTls.dialling());
                serving = settings.role() == PeerRole.VOTER ? Optional.of(SelfMadeTls.serving()) : Optional.empty();
            }
        }
    }

    /** The part of the end that was dialled. */
    Established accept(Socket socket) throws IOException {
        if (settings.security() instanceof TransportSecurity.Open open) {
            requirePartner(socket.getInetAddress(), open.partners());
        }
        var channel = secure(socket, false, "");
        var remote = Hello.read(channel.in());
        var refusal = refusal(channel, remote, SecretProof.Direction.FROM_CLIENT);
        if (refusal.isPresent()) {
            Hello.refusing(settings, refusal.get()).write(channel.out());
            throw new WireException(refusal.get());
        }
        hello(channel, SecretProof.Direction.FROM_SERVER).write(channel.out());
        return new Established(channel.in(), channel.out(), remote);
    }

    /** The part of the end that dials. */
    Established connect(Socket socket, String host) throws IOException {
        var channel = secure(socket, true, host);
        hello(channel, SecretProof.Direction.FROM_CLIENT).write(channel.out());
        var remote = Hello.read(channel.in());
        if (!remote.refusal().isEmpty()) {
            throw new WireException("it refuses us: " + remote.refusal());
        }
        var refusal = refusal(channel, remote, SecretProof.Direction.FROM_SERVER);
        if (refusal.isPresent()) {
            throw new WireException(refusal.get());
        }
        return new Established(channel.in(), channel.out(), remote);
    }

    private Hello hello(Channel channel, SecretProof.Direction direction) throws IOException {
        byte[] proof = secret.isPresent() ? secret.get().make(channel.session().orElseThrow(), direction) : new byte[0];
        return new Hello(settings.role(), settings.clusterId().get(), settings.self(), "", proof);
    }

    private Optional<String> refusal(Channel channel, Hello remote, SecretProof.Direction direction)
            throws IOException {
        if (secret.isPresent()
                && !secret.get().matches(remote.proof(), channel.session().orElseThrow(), direction)) {
            return Optional.of("wrong secret");
        }
        String ours = settings.clusterId().get();
        if (!ours.isEmpty() && !remote.clusterId().isEmpty() && !ours.equals(remote.clusterId())) {
            return Optional.of("another cluster");
        }
        return Optional.empty();
    }

    private Channel secure(Socket socket, boolean client, String host) throws IOException {
        return switch (settings.security()) {
            case TransportSecurity.Open open -> plain(socket);
            case TransportSecurity.Certificates certificates ->
                tls(files.orElseThrow().context(), socket, client, host, true, certificates.verifyHostName());
            case TransportSecurity.SharedSecret shared ->
                tls((client ? dialling : serving).orElseThrow(), socket, client, host, false, false);
        };
    }

    private static Channel plain(Socket socket) throws IOException {
        return new Channel(
                new BufferedInputStream(socket.getInputStream(), BUFFER),
                new BufferedOutputStream(socket.getOutputStream(), BUFFER),
                Optional.empty());
    }

    /**
     * TLS over the given socket. The plain socket stays the handle to close with: closing an SSLSocket can wait for a
     * write that hangs.
     */
    private static Channel tls(
            SSLContext context,
            Socket socket,
            boolean client,
            String host,
            boolean needClientCertificate,
            boolean verifyHostName)
            throws IOException {
        var secured = (SSLSocket) context.getSocketFactory().createSocket(socket, host, socket.getPort(), true);
        secured.setUseClientMode(client);
        var parameters = secured.getSSLParameters();
        parameters.setProtocols(new String[] {"TLSv1.3"});
        if (client) {
            // A key for each curve on offer would be made, and that for P-256 takes a cold JVM a tenth of a second.
            parameters.setNamedGroups(new String[] {"x25519"});
        }
        if (client && verifyHostName) {
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
        }
        if (!client) {
            parameters.setNeedClientAuth(needClientCertificate);
        }
        secured.setSSLParameters(parameters);
        secured.startHandshake();
        return new Channel(
                new BufferedInputStream(secured.getInputStream(), BUFFER),
                new BufferedOutputStream(secured.getOutputStream(), BUFFER),
                Optional.of(secured.getSession()));
    }

    private static void requirePartner(InetAddress address, Set<String> partners) throws IOException {
        for (String partner : partners) {
            try {
                for (InetAddress known : InetAddress.getAllByName(partner)) {
                    if (known.equals(address)) {
                        return;
                    }
                }
            } catch (UnknownHostException e) {
                // A partner whose name does not resolve now cannot be the one that called.
                continue;
            }
        }
        throw new WireException("not the address of a partner");
    }
}

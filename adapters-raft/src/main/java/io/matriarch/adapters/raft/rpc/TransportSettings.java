package io.matriarch.adapters.raft.rpc;

import java.time.Duration;
import java.util.Objects;
import java.util.function.Supplier;

/**
 * Everything a {@link RaftTransport} needs to know.
 *
 * @param clusterId asked at each handshake; where both ends give a non-empty one they must be equal
 * @param self how this process names itself to the other end, host:port or free text, for logs and status
 * @param maxFrameBytes 64 KiB to 1 GiB; a larger frame ends the connection
 * @param maxConnections accepted at a time; beyond it the one idle for longest is closed
 * @param handshakeTimeout from accept to the end of the handshake, however slowly bytes drip in
 * @param connectTimeout from the first packet to the end of the handshake, for connections we open
 */
public record TransportSettings(
        TransportSecurity security,
        WireCodecs codecs,
        Supplier<String> clusterId,
        PeerRole role,
        String self,
        int maxFrameBytes,
        int maxConnections,
        Duration handshakeTimeout,
        Duration connectTimeout) {

    private static final int MIN_FRAME = 64 * 1024;
    private static final int MAX_FRAME = 1024 * 1024 * 1024;

    public TransportSettings {
        Objects.requireNonNull(security, "security");
        Objects.requireNonNull(codecs, "codecs");
        Objects.requireNonNull(clusterId, "clusterId");
        Objects.requireNonNull(role, "role");
        Objects.requireNonNull(self, "self");
        if (maxFrameBytes < MIN_FRAME || maxFrameBytes > MAX_FRAME) {
            throw new IllegalArgumentException("maxFrameBytes " + maxFrameBytes + " is not in 64 KiB..1 GiB");
        }
        if (maxConnections < 1) {
            throw new IllegalArgumentException("maxConnections " + maxConnections + " is below 1");
        }
    }

    /**
     * The defaults: 16 MiB frames, 1024 connections, 5 s handshakes, 500 ms to connect, no cluster id; a voter knows the
     * messages of Raft, a client none.
     */
    public static TransportSettings of(TransportSecurity security, PeerRole role, String self) {
        return new TransportSettings(
                security,
                role == PeerRole.VOTER ? WireCodecs.raft() : WireCodecs.none(),
                () -> "",
                role,
                self,
                16 * 1024 * 1024,
                1024,
                Duration.ofSeconds(5),
                Duration.ofMillis(500));
    }

    public TransportSettings withCodecs(WireCodecs table) {
        return new TransportSettings(
                security,
                table,
                clusterId,
                role,
                self,
                maxFrameBytes,
                maxConnections,
                handshakeTimeout,
                connectTimeout);
    }

    public TransportSettings withClusterId(Supplier<String> id) {
        return new TransportSettings(
                security, codecs, id, role, self, maxFrameBytes, maxConnections, handshakeTimeout, connectTimeout);
    }

    public TransportSettings withLimits(int frameBytes, int connections) {
        return new TransportSettings(
                security, codecs, clusterId, role, self, frameBytes, connections, handshakeTimeout, connectTimeout);
    }

    public TransportSettings withTimeouts(Duration handshake, Duration connect) {
        return new TransportSettings(
                security, codecs, clusterId, role, self, maxFrameBytes, maxConnections, handshake, connect);
    }
}

package io.matriarch.adapters.postgres;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketTimeoutException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import javax.net.SocketFactory;

/** Lets PgJDBC connect through a socket file: the address it asks for is replaced by the file. Created by its name. */
public final class UnixSocketFactory extends SocketFactory {

    private final Path file;

    /** Called by the driver with {@code socketFactoryArg}. */
    public UnixSocketFactory(String file) {
        this.file = Path.of(file);
    }

    @Override
    public Socket createSocket() {
        return new UnixSocket(file);
    }

    @Override
    public Socket createSocket(String host, int port) {
        throw new UnsupportedOperationException("only unconnected sockets");
    }

    @Override
    public Socket createSocket(String host, int port, InetAddress localHost, int localPort) {
        throw new UnsupportedOperationException("only unconnected sockets");
    }

    @Override
    public Socket createSocket(InetAddress host, int port) {
        throw new UnsupportedOperationException("only unconnected sockets");
    }

    @Override
    public Socket createSocket(InetAddress address, int port, InetAddress localAddress, int localPort) {
        throw new UnsupportedOperationException("only unconnected sockets");
    }

    /** A channel in a socket's clothes. Waiting goes through a selector, because only that can have a timeout. */
    private static final class UnixSocket extends Socket {

        private final Path file;
        private volatile int timeoutMillis;
        private SocketChannel channel;
        private Selector readable;
        private Selector writable;

        UnixSocket(Path file) {
            this.file = file;
        }

        @Override
        public void connect(SocketAddress ignored, int timeout) throws IOException {
            channel = SocketChannel.open(UnixDomainSocketAddress.of(file));
            channel.configureBlocking(false);
            readable = Selector.open();
            writable = Selector.open();
            channel.register(readable, SelectionKey.OP_READ);
            channel.register(writable, SelectionKey.OP_WRITE);
        }

        @Override
        public void connect(SocketAddress ignored) throws IOException {
            connect(ignored, 0);
        }

        @Override
        public InputStream getInputStream() {
            return new InputStream() {
                @Override
                public int read() throws IOException {
                    byte[] one = new byte[1];
                    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
                }

                @Override
                public int read(byte[] bytes, int offset, int length) throws IOException {
                    if (length == 0) {
                        return 0;
                    }
                    ByteBuffer buffer = ByteBuffer.wrap(bytes, offset, length);
                    while (true) {
                        int count = channel.read(buffer);
                        if (count != 0) {
                            return count;
                        }
                        int ready = readable.select(key -> {}, timeoutMillis);
                        if (Thread.currentThread().isInterrupted()) {
                            channel.close();
                        }
                        if (!channel.isOpen()) {
                            throw new IOException("socket closed");
                        }
                        if (ready == 0 && timeoutMillis > 0) {
                            throw new SocketTimeoutException("no answer within " + timeoutMillis + " ms");
                        }
                    }
                }
            };
        }

        @Override
        public OutputStream getOutputStream() {
            return new OutputStream() {
                @Override
                public void write(int b) throws IOException {
                    write(new byte[] {(byte) b}, 0, 1);
                }

                @Override
                public void write(byte[] bytes, int offset, int length) throws IOException {
                    ByteBuffer buffer = ByteBuffer.wrap(bytes, offset, length);
                    while (buffer.hasRemaining()) {
                        if (channel.write(buffer) == 0) {
                            writable.select(key -> {});
                        }
                    }
                }
            };
        }

        @Override
        public void setSoTimeout(int millis) {
            timeoutMillis = millis;
        }

        @Override
        public int getSoTimeout() {
            return timeoutMillis;
        }

        @Override
        public void setTcpNoDelay(boolean on) {
            // There is no TCP here.
        }

        @Override
        public void setKeepAlive(boolean on) {
            // There is no TCP here.
        }

        @Override
        public void setSoLinger(boolean on, int linger) {
            // There is no TCP here.
        }

        @Override
        public void setReceiveBufferSize(int size) {
            // The kernel's default does.
        }

        @Override
        public void setSendBufferSize(int size) {
            // The kernel's default does.
        }

        @Override
        public int getReceiveBufferSize() {
            return 65536;
        }

        @Override
        public int getSendBufferSize() {
            return 65536;
        }

        @Override
        public boolean isConnected() {
            return channel != null;
        }

        @Override
        public boolean isClosed() {
            return channel != null && !channel.isOpen();
        }

        @Override
        public void close() throws IOException {
            if (channel != null) {
                channel.close();
                readable.close();
                writable.close();
            }
        }
    }
}

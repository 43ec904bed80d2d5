package io.matriarch.adapters.raft.rpc;

import com.alipay.sofa.jraft.error.InvokeTimeoutException;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.Socket;
import java.net.SocketException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.SSLException;

/**
 * One authenticated connection, dialled or accepted. Frames leave in the order they were handed over and arrive in the
 * order they were sent. Every call ends exactly once: with the answer, with a timeout, or because the connection ended.
 *
 * <p>Two threads: one reads, one writes. Nobody who calls in here waits for the network.
 */
final class WireConnection {

    /** What the owner of a connection does with what comes in. Called on the thread that reads, so it must not block. */
    interface Handler {
        void onReady(WireConnection connection);

        void onRequest(WireConnection connection, Frame request);

        void onClosed(WireConnection connection, String why);
    }

    /** How a call ended: exactly one of the two is there. */
    interface Outcome {
        void done(Optional<Object> answer, Optional<Throwable> failure);
    }

    private record Pending(Outcome outcome, AtomicReference<Future<?>> timeout) {}

    private enum State {
        CONNECTING,
        READY,
        CLOSED
    }

    private static final Future<?> NO_TIMER = CompletableFuture.completedFuture(null);
    private static final Frame END = new Frame(Frame.Kind.ERROR, 0, 0, new byte[0]);

    /** Requests the other end may have open here; jraft keeps at most 256 in flight. */
    private static final int MAX_OPEN_REQUESTS = 4096;

    private final RaftTransport transport;
    private final Socket socket;
    private final String remoteAddress;
    private final Handler handler;
    private final long since = System.nanoTime();
    private final AtomicReference<State> state = new AtomicReference<>(State.CONNECTING);
    private final CountDownLatch settled = new CountDownLatch(1);
    private final Map<Long, Pending> pending = new ConcurrentHashMap<>();
    private final Map<String, Object> attributes = new ConcurrentHashMap<>();
    private final LinkedBlockingQueue<Frame> outgoing = new LinkedBlockingQueue<>();
    private final AtomicLong queuedBytes = new AtomicLong();
    private final AtomicLong nextCall = new AtomicLong(1);
    private final AtomicInteger openRequests = new AtomicInteger();
    private volatile long lastReceived = System.nanoTime();
    private volatile Optional<Hello> remote = Optional.empty();
    private volatile String closedBecause = "";

    WireConnection(RaftTransport transport, Socket socket, String remoteAddress, Handler handler) {
        this.transport = transport;
        this.socket = socket;
        this.remoteAddress = remoteAddress;
        this.handler = handler;
    }

    /** Makes the connection usable and reads until it ends. The given function connects and shakes hands. */
    void run(Opening opening, Duration within) {
        String why = "closed";
        Optional<Future<?>> overdue = Optional.empty();
        try {
            overdue = Optional.of(transport
                    .scheduler()
                    .schedule(
                            () -> close("the handshake took longer than " + within.toMillis() + " ms"),
                            within.toMillis(),
                            TimeUnit.MILLISECONDS));
            socket.setTcpNoDelay(true);
            socket.setKeepAlive(true);
            var established = opening.open(socket);
            overdue.get().cancel(false);
            becomeReady(established);
            handler.onReady(this);
            readAll(new DataInputStream(established.in()));
        } catch (EOFException e) {
            why = isReady() ? "the other end closed it" : "the other end hung up during the handshake";
        } catch (IOException e) {
            why = e.getMessage() == null ? e.toString() : e.getMessage();
            complain(e);
        } catch (RejectedExecutionException e) {
            why = "the transport is closed";
        } catch (RuntimeException e) {
            why = e.toString();
            transport.warn("bug " + e, "raft connection " + remoteAddress + " ended by " + e);
        } finally {
            overdue.ifPresent(timer -> timer.cancel(false));
            close(why);
        }
    }

    private void becomeReady(Handshaker.Established established) throws IOException {
        remote = Optional.of(established.remote());
        lastReceived = System.nanoTime();
        if (!state.compareAndSet(State.CONNECTING, State.READY)) {
            throw new SocketException("closed");
        }
        settled.countDown();
        transport.executor().execute(() -> writeAll(new DataOutputStream(established.out())));
    }

    /** Connects (if it has to) and shakes hands. */
    @FunctionalInterface
    interface Opening {
        Handshaker.Established open(Socket socket) throws IOException;
    }

    private void complain(IOException e) {
        // A peer that is down is jraft's business; a peer that breaks the protocol or is refused is the operator's.
        boolean refused =
                e instanceof WireException || (e instanceof SSLException && !(e.getCause() instanceof EOFException));
        if (refused && state.get() != State.CLOSED) {
            String host = remoteAddress.substring(0, Math.max(0, remoteAddress.lastIndexOf(':')));
            transport.warn(host + e.getMessage(), "raft connection " + remoteAddress + " refused: " + e.getMessage());
        }
    }

    private void readAll(DataInputStream in) throws IOException {
        while (state.get() == State.READY) {
            var frame = Frame.read(in, transport.settings().maxFrameBytes());
            lastReceived = System.nanoTime();
            switch (frame.kind()) {
                case REQUEST -> {
                    if (openRequests.incrementAndGet() > MAX_OPEN_REQUESTS) {
                        throw new WireException("more than " + MAX_OPEN_REQUESTS + " requests open");
                    }
                    handler.onRequest(this, frame);
                }
                case RESPONSE -> answer(frame);
                case ERROR ->
                    finish(frame.call(), Optional.empty(), Optional.of(new RemoteErrorException(frame.text())));
            }
        }
    }

    private void answer(Frame frame) throws IOException {
        Object message = transport.settings().codecs().decode(frame.typeId(), frame.payload());
        finish(frame.call(), Optional.of(message), Optional.empty());
    }

    private void writeAll(DataOutputStream out) {
        try {
            while (true) {
                var frame = outgoing.poll();
                if (frame == null) {
                    out.flush();
                    frame = outgoing.take();
                }
                if (frame == END) {
                    return;
                }
                frame.write(out);
                queuedBytes.addAndGet(-frame.size());
            }
        } catch (IOException e) {
            close("cannot write: " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            close("interrupted");
        }
    }

    /**
     * Sends a request. Returns at once; the outcome comes on another thread, or on this one if the request cannot be sent.
     * May be called before the connection is ready: what was called first is sent first.
     */
    void call(Object message, Duration within, Outcome outcome) {
        long call = nextCall.getAndIncrement();
        Frame frame;
        try {
            frame = encode(Frame.Kind.REQUEST, call, message);
        } catch (WireException e) {
            outcome.done(Optional.empty(), Optional.of(e));
            return;
        }
        long sentAt = System.nanoTime();
        // Noted before its timer starts, so that a timer that fires at once finds it.
        var noted = new Pending(outcome, new AtomicReference<>(NO_TIMER));
        pending.put(call, noted);
        try {
            noted.timeout()
                    .set(transport
                            .scheduler()
                            .schedule(
                                    () -> expired(call, sentAt, within),
                                    Math.max(1, within.toMillis()),
                                    TimeUnit.MILLISECONDS));
        } catch (RejectedExecutionException e) {
            finish(call, Optional.empty(), Optional.of(new ConnectException("the transport is closed")));
            return;
        }
        if (!enqueue(frame)) {
            finish(call, Optional.empty(), Optional.of(notSent()));
        }
    }

    /** Answers a request; a response that no longer fits, or comes after the end, is dropped. */
    void respond(long call, Object message) {
        openRequests.decrementAndGet();
        try {
            if (!enqueue(encode(Frame.Kind.RESPONSE, call, message))) {
                close("too much waits to be sent");
            }
        } catch (WireException e) {
            enqueue(Frame.error(call, e.getMessage()));
        }
    }

    void respondError(long call, String why) {
        openRequests.decrementAndGet();
        enqueue(Frame.error(call, why));
    }

    private Frame encode(Frame.Kind kind, long call, Object message) throws WireException {
        var codec = transport
                .settings()
                .codecs()
                .forClass(message.getClass())
                .orElseThrow(() -> new WireException(
                        "no message type for " + message.getClass().getName()));
        var frame = new Frame(kind, call, codec.typeId(), codec.encode(message));
        if (frame.size() > transport.settings().maxFrameBytes()) {
            throw new WireException(codec.type().getSimpleName() + " of " + frame.size()
                    + " bytes is over the limit of " + transport.settings().maxFrameBytes());
        }
        return frame;
    }

    private boolean enqueue(Frame frame) {
        if (state.get() == State.CLOSED) {
            return false;
        }
        // A peer that stopped reading must cost a bounded amount of memory.
        long limit = 2L * transport.settings().maxFrameBytes();
        if (queuedBytes.addAndGet(frame.size()) > limit) {
            queuedBytes.addAndGet(-frame.size());
            return false;
        }
        outgoing.add(frame);
        // close() fails what is pending after it set the state, so a frame added too late leaves no call behind.
        return state.get() != State.CLOSED;
    }

    private void expired(long call, long sentAt, Duration within) {
        finish(
                call,
                Optional.empty(),
                Optional.of(new InvokeTimeoutException(
                        "no answer from " + remoteAddress + " within " + within.toMillis() + " ms")));
        // Without this a connection cut by a partition would be tried for as long as TCP retransmits, which is minutes.
        if (state.get() == State.READY && lastReceived - sentAt < 0) {
            close("nothing heard for " + within.toMillis() + " ms");
        }
    }

    private void finish(long call, Optional<Object> answer, Optional<Throwable> failure) {
        var done = pending.remove(call);
        if (done != null) {
            done.timeout().get().cancel(false);
            done.outcome().done(answer, failure);
        }
    }

    private IOException notSent() {
        return state.get() == State.CLOSED
                ? new ConnectException("connection " + remoteAddress + " is closed: " + closedBecause)
                : new WireException("too much waits to be sent to " + remoteAddress);
    }

    /** Ends the connection; every open call fails. Does not block, may be called again. */
    void close(String why) {
        if (state.getAndSet(State.CLOSED) == State.CLOSED) {
            return;
        }
        closedBecause = why;
        try {
            socket.close();
        } catch (IOException e) {
            transport.log().debug("closing {} failed", remoteAddress, e);
        }
        settled.countDown();
        outgoing.clear();
        outgoing.add(END);
        transport.forget(this);
        for (Long call : pending.keySet()) {
            finish(call, Optional.empty(), Optional.of(notSent()));
        }
        // On another thread: jraft closes connections while it holds locks that its listeners take as well.
        transport.runApart(() -> handler.onClosed(this, why));
    }

    /** Waits until the handshake is over. */
    boolean awaitReady(Duration within) throws InterruptedException {
        return settled.await(within.toMillis(), TimeUnit.MILLISECONDS) && isReady();
    }

    boolean isReady() {
        return state.get() == State.READY;
    }

    boolean isClosed() {
        return state.get() == State.CLOSED;
    }

    String closedBecause() {
        return closedBecause;
    }

    String remoteAddress() {
        return remoteAddress;
    }

    Optional<Hello> remote() {
        return remote;
    }

    Map<String, Object> attributes() {
        return attributes;
    }

    Duration age() {
        return Duration.ofNanos(System.nanoTime() - since);
    }

    /** A moment on the clock of System.nanoTime. */
    long lastReceived() {
        return lastReceived;
    }
}

package io.matriarch.adapters.etcd;

import io.etcd.jetcd.api.Event;
import io.etcd.jetcd.api.WatchCreateRequest;
import io.etcd.jetcd.api.WatchGrpc;
import io.etcd.jetcd.api.WatchRequest;
import io.etcd.jetcd.api.WatchResponse;
import io.grpc.ClientInterceptors;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.grpc.stub.MetadataUtils;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A stream of hints, opened again whenever it ends; what may have been missed meanwhile is a hint as well. */
final class EtcdWatch implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(EtcdWatch.class);
    private static final Duration CONNECT = Duration.ofSeconds(5);
    private static final Duration FIRST_PAUSE = Duration.ofMillis(250);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);

    /** Asks a member that has lost its leader to end the stream, so that it is opened at another one. */
    private static final Metadata.Key<String> HAS_LEADER =
            Metadata.Key.of("hasleader", Metadata.ASCII_STRING_MARSHALLER);

    private final EtcdConnection connection;
    private final EtcdKeys keys;
    private final Runnable listener;
    private final CountDownLatch closed = new CountDownLatch(1);
    private final AtomicReference<Optional<Stream>> current = new AtomicReference<>(Optional.empty());

    EtcdWatch(EtcdConnection connection, EtcdKeys keys, Runnable listener) {
        this.connection = connection;
        this.keys = keys;
        this.listener = listener;
    }

    static EtcdWatch start(EtcdConnection connection, EtcdKeys keys, Runnable listener) {
        var watch = new EtcdWatch(connection, keys, listener);
        Thread.ofVirtual().name("etcd watch").start(watch::run);
        return watch;
    }

    @Override
    public void close() {
        closed.countDown();
        current.get().ifPresent(Stream::cancel);
    }

    private boolean isClosed() {
        return closed.getCount() == 0;
    }

    private void run() {
        var pause = FIRST_PAUSE;
        while (!isClosed()) {
            long opened = System.nanoTime();
            try {
                follow();
            } catch (EtcdUnavailableException | StatusRuntimeException e) {
                log.debug("the watch of {} ended: {}", keys.first().toStringUtf8(), e.getMessage());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
            boolean lasted = System.nanoTime() - opened > LONGEST_PAUSE.toNanos();
            pause = lasted ? FIRST_PAUSE : min(pause.multipliedBy(2), LONGEST_PAUSE);
            try {
                if (closed.await(pause.toMillis(), TimeUnit.MILLISECONDS)) {
                    return;
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }

    private void follow() throws EtcdUnavailableException, InterruptedException {
        var budget = Budget.of(CONNECT);
        var session = connection.session(budget);
        var headers = new Metadata();
        headers.put(HAS_LEADER, "true");
        var channel = ClientInterceptors.intercept(
                session.channel(budget), MetadataUtils.newAttachHeadersInterceptor(headers));
        var stream = new Stream();
        current.set(Optional.of(stream));
        var request = WatchCreateRequest.newBuilder().setKey(keys.first()).setRangeEnd(keys.end());
        WatchGrpc.newStub(channel)
                .watch(stream)
                .onNext(WatchRequest.newBuilder().setCreateRequest(request).build());
        if (isClosed()) {
            stream.cancel();
        }
        var end = stream.awaitEnd();
        if (!isClosed() && end.getCode() == Status.Code.UNAVAILABLE) {
            connection.failed(session, end.asRuntimeException());
        }
    }

    private void hint() {
        if (!isClosed()) {
            listener.run();
        }
    }

    /** Whether a turn should look at it: no renewal, no member's new position (see {@code Dcs#watch}). */
    private boolean isWorthATurn(Event event) {
        var key = event.getKv().getKey();
        var known = keys.storeKey(key);
        if (known.isPresent()) {
            return switch (known.get()) {
                case LEADER, CONFIG, FAILOVER, SYNC, INITIALIZE -> true;
                case STATUS, LEGACY_OPTIME, HISTORY, FAILSAFE, EPOCH -> false;
            };
        }
        boolean cameOrWent =
                event.getType() == Event.EventType.DELETE || event.getKv().getVersion() == 1;
        return cameOrWent && keys.memberName(key).isPresent();
    }

    private static Duration min(Duration one, Duration other) {
        return one.compareTo(other) <= 0 ? one : other;
    }

    /** One stream from its start to its end. */
    private final class Stream implements ClientResponseObserver<WatchRequest, WatchResponse> {

        private final CountDownLatch ended = new CountDownLatch(1);
        private volatile Status end = Status.OK;
        private volatile Optional<ClientCallStreamObserver<WatchRequest>> requests = Optional.empty();

        @Override
        public void beforeStart(ClientCallStreamObserver<WatchRequest> stream) {
            requests = Optional.of(stream);
        }

        @Override
        public void onNext(WatchResponse response) {
            if (response.getCanceled()) {
                cancel();
            } else if (response.getCreated()
                    || response.getEventsList().stream().anyMatch(EtcdWatch.this::isWorthATurn)) {
                hint();
            }
        }

        @Override
        public void onError(Throwable failure) {
            end = Status.fromThrowable(failure);
            ended.countDown();
        }

        @Override
        public void onCompleted() {
            ended.countDown();
        }

        Status awaitEnd() throws InterruptedException {
            ended.await();
            return end;
        }

        void cancel() {
            requests.ifPresent(stream -> stream.cancel("no longer wanted", null));
        }
    }
}

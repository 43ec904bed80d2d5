package io.matriarch.adapters.etcd;

import io.etcd.jetcd.api.AuthGrpc;
import io.etcd.jetcd.api.AuthenticateRequest;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.Metadata;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.MetadataUtils;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

/** The token that stands for name and password; every member of the etcd cluster knows it. */
final class EtcdToken {

    private static final Metadata.Key<String> HEADER = Metadata.Key.of("token", Metadata.ASCII_STRING_MARSHALLER);

    private final Optional<EtcdSettings.Credentials> credentials;
    private final AtomicReference<Optional<String>> token = new AtomicReference<>(Optional.empty());

    EtcdToken(Optional<EtcdSettings.Credentials> credentials) {
        this.credentials = credentials;
    }

    /** The channel with the token on every call, fetched when there is none. */
    Channel on(Channel channel, Budget budget) {
        if (credentials.isEmpty()) {
            return channel;
        }
        var current = token.get();
        if (current.isEmpty()) {
            current = Optional.of(authenticate(channel, credentials.get(), budget));
            token.set(current);
        }
        var headers = new Metadata();
        headers.put(HEADER, current.get());
        return ClientInterceptors.intercept(channel, MetadataUtils.newAttachHeadersInterceptor(headers));
    }

    /** Whether the call failed for its token alone, which is forgotten then, so that the call is worth repeating. */
    boolean renewAfter(StatusRuntimeException failure) {
        if (credentials.isEmpty() || !EtcdFailures.isTokenRefused(failure)) {
            return false;
        }
        return token.getAndSet(Optional.empty()).isPresent();
    }

    private static String authenticate(Channel channel, EtcdSettings.Credentials credentials, Budget budget) {
        var request = AuthenticateRequest.newBuilder()
                .setName(credentials.username())
                .setPassword(credentials.password().reveal())
                .build();
        return AuthGrpc.newBlockingStub(channel)
                .withDeadlineAfter(budget.left().toNanos(), TimeUnit.NANOSECONDS)
                .authenticate(request)
                .getToken();
    }
}

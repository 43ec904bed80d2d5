package io.matriarch.adapters.etcd;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/** What gRPC's and etcd's errors mean. */
final class EtcdFailures {

    /** A member that works said no; the rest is a connection or a member that does not. */
    private static final Set<Status.Code> ANSWERS = EnumSet.of(
            Status.Code.INVALID_ARGUMENT,
            Status.Code.NOT_FOUND,
            Status.Code.ALREADY_EXISTS,
            Status.Code.PERMISSION_DENIED,
            Status.Code.UNAUTHENTICATED,
            Status.Code.RESOURCE_EXHAUSTED,
            Status.Code.FAILED_PRECONDITION,
            Status.Code.OUT_OF_RANGE,
            Status.Code.UNIMPLEMENTED);

    private EtcdFailures() {}

    static boolean isAnswer(StatusRuntimeException failure) {
        return ANSWERS.contains(failure.getStatus().getCode());
    }

    static boolean isLeaseGone(StatusRuntimeException failure) {
        return failure.getStatus().getCode() == Status.Code.NOT_FOUND;
    }

    /** The call had no effect because its token is unknown, too old, or missing since authentication was switched on. */
    static boolean isTokenRefused(StatusRuntimeException failure) {
        var text = description(failure);
        return switch (failure.getStatus().getCode()) {
            case UNAUTHENTICATED, PERMISSION_DENIED -> true;
            case INVALID_ARGUMENT ->
                text.contains("revision in auth store is old") || text.contains("user name is empty");
            case OK,
                    CANCELLED,
                    UNKNOWN,
                    DEADLINE_EXCEEDED,
                    NOT_FOUND,
                    ALREADY_EXISTS,
                    RESOURCE_EXHAUSTED,
                    FAILED_PRECONDITION,
                    ABORTED,
                    OUT_OF_RANGE,
                    UNIMPLEMENTED,
                    INTERNAL,
                    UNAVAILABLE,
                    DATA_LOSS -> false;
        };
    }

    /** For people: etcd's own words where it said something. */
    static String text(Exception failure) {
        if (failure instanceof StatusRuntimeException status) {
            return "etcd: " + status.getStatus().getCode() + ": " + description(status);
        }
        return failure.getMessage();
    }

    private static String description(StatusRuntimeException failure) {
        return Optional.ofNullable(failure.getStatus().getDescription()).orElse("no description");
    }
}

package io.matriarch.adapters.etcd;

/** No endpoint could be reached; nothing was sent. */
final class EtcdUnavailableException extends Exception {

    EtcdUnavailableException(String message) {
        super(message);
    }
}

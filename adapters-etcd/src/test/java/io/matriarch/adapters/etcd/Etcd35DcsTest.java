package io.matriarch.adapters.etcd;

/** The contract on etcd 3.5. */
class Etcd35DcsTest extends EtcdContract {

    @Override
    EtcdCluster.Version version() {
        return EtcdCluster.Version.ETCD_3_5;
    }
}

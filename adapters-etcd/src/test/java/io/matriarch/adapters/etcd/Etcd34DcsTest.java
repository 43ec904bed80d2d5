package io.matriarch.adapters.etcd;

/** The contract on etcd 3.4. */
class Etcd34DcsTest extends EtcdContract {

    @Override
    EtcdCluster.Version version() {
        return EtcdCluster.Version.ETCD_3_4;
    }
}

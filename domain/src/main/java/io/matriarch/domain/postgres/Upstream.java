package io.matriarch.domain.postgres;

import io.matriarch.domain.cluster.MemberName;

/** Where a standby gets its WAL from. */
public sealed interface Upstream {

    /** Somebody whose data can be copied and whose history can be asked for. */
    sealed interface Source extends Upstream {

        /** Who it is, for people. */
        String title();
    }

    /** From nobody: no connection is configured. */
    record Nobody() implements Upstream {}

    /**
     * From a member of the cluster.
     *
     * @param name its name
     * @param connUrl the address it publishes, {@code postgres://host:port/database}
     */
    record Of(MemberName name, String connUrl) implements Source {

        @Override
        public String title() {
            return name.value();
        }
    }

    /**
     * From a member of a standby cluster, which has its own ways to the archive and to a copy.
     *
     * @param within what the cluster follows
     */
    record Cascade(Of member, StandbyCluster within) implements Source {

        @Override
        public String title() {
            return member.title();
        }
    }

    /** From another cluster, over its servers or out of its archive alone. */
    record Remote(StandbyCluster cluster) implements Source {

        @Override
        public String title() {
            return "remote_member:" + cluster.title();
        }
    }
}

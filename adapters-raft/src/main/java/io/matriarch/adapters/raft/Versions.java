package io.matriarch.adapters.raft;

import java.util.Optional;

/** What this build calls itself. */
final class Versions {

    static final String OWN = Optional.ofNullable(Versions.class.getPackage().getImplementationVersion())
            .orElse("0.1.0");

    private Versions() {}
}

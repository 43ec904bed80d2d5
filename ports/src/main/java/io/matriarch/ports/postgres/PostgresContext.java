package io.matriarch.ports.postgres;

import io.matriarch.domain.cluster.MemberName;
import io.matriarch.ports.plugin.ConfigSection;
import java.time.Duration;

/**
 * What the adapter is told and told again whenever the configuration changes.
 *
 * @param scope becomes {@code cluster_name}
 * @param self becomes the application name of the WAL receiver
 * @param settings the effective {@code postgresql} section: defaults, dynamic and local configuration merged, the
 *     controlled parameters among its {@code parameters} already validated
 * @param bootstrap the {@code bootstrap} section
 * @param loopWait bound on waiting for a promotion to be confirmed
 * @param retryTimeout bound on short calls
 */
public record PostgresContext(
        String scope,
        MemberName self,
        ConfigSection settings,
        ConfigSection bootstrap,
        Duration loopWait,
        Duration retryTimeout) {}

package io.matriarch.ports.dcs;

import io.matriarch.domain.cluster.LeaseId;
import io.matriarch.domain.cluster.Revision;
import java.util.Optional;

/**
 * A key's value as read.
 *
 * @param text UTF-8 text, uninterpreted
 * @param revision what a later write may name as "unchanged since"
 * @param lease the lease the key lives by, for the leader's and the members' keys
 */
public record StoredValue(String text, Revision revision, Optional<LeaseId> lease) {}

package io.matriarch.domain.postgres;

/**
 * The proof that a server has stopped: its postmaster has ended and nothing is attached to its shared memory, so that
 * nobody can write through it any more (SAF-030). After a kill of the postmaster alone its backends go on committing.
 *
 * <p>Only the check of the PostgreSQL adapter makes one (an architecture rule sees to that); what must not happen before
 * the server has stopped asks for it.
 *
 * @param evidence what was looked at, for the log
 */
public record StopProof(String evidence) {}

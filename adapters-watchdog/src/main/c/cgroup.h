/*
 * A control group for the server alone, where the host lets us have one: it names every process of the server, whoever its
 * parent is, and ends them all with one write.
 */
#ifndef CGROUP_H
#define CGROUP_H

#include <stdbool.h>

/* Makes the group, or finds the one that a guard before this one has made. True if there is one. */
bool cgroup_prepare(const char *name);

/* For a child that is to become the server. */
void cgroup_enter(void);

/* SIGKILL for everything in it. False without a group. */
bool cgroup_kill(void);

/* Once nothing is left in it. */
void cgroup_remove(void);

#endif

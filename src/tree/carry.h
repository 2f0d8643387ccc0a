/* carry.h - inside the loader: what is taken over from a config that runs.
 *
 * A tree that is extended takes over all services without reading them again.
 * A tree that is loaded anew (a reload) reads everything; each service stays the
 * one that had its name.  Either way no process is lost: a service that is not
 * down and whose directory is gone, or says now what cannot be, runs on as it
 * was loaded, and is refused once it is down.
 */
#ifndef CINIT_TREE_CARRY_H
#define CINIT_TREE_CARRY_H

#include "src/tree/loader.h"

/* Extension: row i of the old config becomes draft i; a refused one only by
 * name, so that it is read anew. */
void carry_row(struct loader *l, uint32_t i);
/* What conf/ said; the path of it. */
uint32_t carry_conf(struct loader *l);

/* Reload: finds every service of old again, fills the map, keeps those that are
 * gone and must not be. */
void carry_find(struct loader *l);

/* What draft i said: its value rows and its edges, as they were. */
void carry_definition(struct loader *l, uint32_t i);
/* After draft i was read: if that refuses it while it runs, the old definition
 * is put back. */
void carry_check(struct loader *l, uint32_t i);
/* After cycles were broken: none may have closed around something that runs. */
void carry_finish(struct loader *l);

#endif

/* classes.h - inside the engine: what neighbours look at, and who keeps it.
 *
 * A class is a few bits that follow from a service's own row; reclass() alone writes it and
 * what neighbours count of it.  No state is decided or entered here.
 */
#ifndef CINIT_ENGINE_CLASSES_H
#define CINIT_ENGINE_CLASSES_H

#include "src/engine/engine.h"

enum class_bit {
	CLASS_UP = 1,         /* who needs it may start */
	CLASS_BAD = 2,        /* who needs it is blocked */
	CLASS_LEAVING = 4,    /* who needs it must stop */
	CLASS_ACTIVE = 8,     /* what it needs must not stop yet */
	CLASS_STOP_WANTED = 16,     /* active and asked to stop: what it wants must not stop yet */
	CLASS_OPEN = 32,      /* who wants it waits */
	CLASS_UNSETTLED = 64  /* awaits a timer or a process, itself or others' */
};

/* A list of edges: n indices at `at`. */
struct edges {
	const uint32_t *at;
	uint32_t n;
};

struct edges needs_of(const struct engine *e, uint32_t i);
struct edges wants_of(const struct engine *e, uint32_t i);      /* WANT_UNORDERED may be set */
struct edges dependents_of(const struct engine *e, uint32_t i); /* who needs i */
struct edges wanters_of(const struct engine *e, uint32_t i);    /* who wants i in an ordering way */

/* The class that follows from what a service is. */
unsigned class_of(const struct svc_live *l);
/* Brings the class of i, and what its neighbours count of it, up to date;
 * queues the neighbours that are concerned.  Call after any change of state,
 * wish or restart. */
void reclass(struct engine *e, uint32_t i);
/* The same for every service, from nothing. */
void reclass_all(struct engine *e);

/* The settle queue: first in, first out, each service at most once. */
void enqueue(struct engine *e, uint32_t i);
uint32_t dequeue(struct engine *e);

/* Wishes i and, transitively, its needs and wants up, and has them try again. */
void wish_up_closure(struct engine *e, uint32_t i);
/* Wishes i and, transitively, all that need it down. */
void wish_down_closure(struct engine *e, uint32_t i);
void set_wish(struct engine *e, uint32_t i, bool wish);

#endif

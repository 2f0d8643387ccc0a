/* world.h - a fake machine around struct life: a tree, services, processes, a clock.
 *
 * Every test of life drives it through here.  world_event() feeds one event,
 * world_next() takes and carries out one action; after each, all oracles look
 * (oracles.h).  The world keeps its own record of who lives, what was asked and when,
 * made from events and actions, and never asks struct life what it should be.
 *
 * struct world holds everything, so it may be copied and gone back to.  The first rule
 * that is broken is kept in `failure`. */
#ifndef TEST_LIFE_WORLD_H
#define TEST_LIFE_WORLD_H

#include "src/engine/life.h"

/* The services, as far as it matters here. */
enum services { SERVICES_NONE, SERVICES_RUN, SERVICES_STOP, SERVICES_DOWN };

struct kind_of_world {
	const char *name;
	bool machine, container, pid1;
};
#define N_WORLDS 4
extern const struct kind_of_world worlds[N_WORLDS];

struct world {
	const struct kind_of_world *kind;
	struct life l;
	int64_t now;
	/* What is so. */
	uint8_t services;      /* enum services */
	uint8_t left;          /* enum life_left */
	uint8_t helper;        /* enum helper that runs */
	bool loading, reloading; /* a load is under way, a reload */
	bool stale;            /* a stop has begun since */
	bool tree, start;
	bool shell_first;
	bool booting;          /* SETTLED is to come */
	bool active;           /* something of the tree was started */
	bool switching;        /* the other init is being executed */
	/* What was asked, by the rules in life.h. */
	uint8_t how;           /* enum shutdown that is wanted */
	bool forced, requested;
	uint8_t urgency;       /* enum urgency */
	bool urgency_told;     /* to the engine */
	int64_t counted_ms;
	uint32_t term_ms;      /* conf/sleep_before_kill */
	int64_t now_ms_asked;  /* the third request came then, or NEVER */
	int32_t code;
	bool reload_asked;
	/* What was done in this stop. */
	bool termed, killed, closed, last, unmounted, ended;
	bool stopped;          /* everything was, and no tree was read since */
	int64_t since_ms;      /* of the state, as seen */
	int64_t named_ms;      /* or a stop began */
	int64_t shell_ms;
	bool trace;
	uint64_t n_events, n_actions;
	char failure[200];     /* empty: no rule is broken */
};

/* shell_first: the boot loader asks a machine for a shell. */
void world_init(struct world *w, const struct kind_of_world *kind, bool shell_first);
void world_event(struct world *w, const struct life_event *ev);
/* One action, carried out; false when there is none. */
bool world_next(struct world *w);
bool world_has_actions(const struct world *w);
void world_drain(struct world *w);
/* A turn of the loop at this time, and all that it leads to. */
void world_turn(struct world *w, int64_t to_ms);

/* Events as the world has them. */
void world_request(struct world *w, enum shutdown how, enum life_by by, bool force);
void world_simple(struct world *w, enum life_event_kind kind);
void world_loaded(struct world *w, bool ok, bool start);
void world_settled(struct world *w, bool hollow);
void world_helper_over(struct world *w, bool unstarted);
void world_essential(struct world *w, int32_t code);

/* From here on everybody behaves, or (hostile) nobody ends by himself but the engine's
 * services: a stop gets to its end in time, and all else to rest; the last oracle. */
void world_rest(struct world *w, bool hostile);

#define BROKEN(w, ...) world_broken((w), __VA_ARGS__)
void world_broken(struct world *w, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif

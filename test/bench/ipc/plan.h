/* plan.h - what is measured, how often, and under which names it is kept.
 *
 * Series (samples.h) are named by a quantity and by whose it is: "socket", or
 * "socket: bare" for the mechanism alone.  All contenders of a quantity are
 * measured in turns, so that what disturbs the machine disturbs all of them. */
#ifndef BENCH_IPC_PLAN_H
#define BENCH_IPC_PLAN_H

#include <stddef.h>

struct ipc_plan {
	unsigned rounds;  /* of each contender */
	unsigned trips;   /* round trips in a round */
	unsigned rate_ms; /* how long clients ask together */
	unsigned calls;   /* of whole processes */
	unsigned traced;  /* requests under strace; 0: none */
	const char *true_path;
	const char *svg;  /* NULL: none */
};

/* Where both sides run. */
enum place { ONE_CORE, TWO_CORES, N_PLACES };
extern const char *const place_names[N_PLACES];

#define N_CROWDS 3
extern const unsigned crowds[N_CROWDS]; /* clients at once */

#define QUANTITY 48
/* "trip p50, one core", "rate 8, two cores", "cpu, one core" ... */
const char *quantity(char name[QUANTITY], const char *what, enum place place);

#define TRIP_50 "trip p50"   /* us */
#define TRIP_99 "trip p99"   /* us */
#define SERVER_CPU "cpu"     /* us of the server for each request */
#define RATE "rate"          /* requests a second; with a number behind it */
#define STATUS "status"      /* us of a whole process; also of "true" */
#define BOARD "board"        /* us for a look at the status board */
#define WAKES "wakes"        /* context switches of the server for each status call */
#define PSS "pss"            /* KB */
#define DESCRIPTORS "descriptors"
#define FILES "files"
#define OBJECTS "objects"
#define CROWDED " crowded"   /* appended to the last four: with 64 connected clients */
#define CALLS_CLIENT "client calls" /* system calls for each request */
#define CALLS_SERVER "server calls"
#define CALLS_STATUS "status calls" /* of a whole status process */

void measure_trips(const struct ipc_plan *plan);
void measure_rates(const struct ipc_plan *plan);
void measure_status(const struct ipc_plan *plan);
void measure_weight(const struct ipc_plan *plan);
/* After all times were taken: it starts supervisors of its own, under strace. */
void measure_calls(const struct ipc_plan *plan);
/* Which calls they were, by name: "epoll_pwait 2.0, recvfrom 1.0"; "" before. */
enum calls_of { CALLS_OF_CLIENT, CALLS_OF_SERVER, CALLS_OF_STATUS, N_CALLS_OF };
const char *calls_in_words(size_t host, enum calls_of whose);

void report_print(const struct ipc_plan *plan);
/* 0, or -1 with errno. */
int plot_write(const struct ipc_plan *plan, const char *path);

#endif

/* util.h - how the benchmark ends, waits, gets memory and writes paths.
 *
 * Nothing here returns an error: what the benchmark cannot do ends it, with
 * one line on stderr ("bench: where: what: why"), exit 1, and everything that
 * it started and made cleaned away by the function given to on_end().
 */
#ifndef BENCH_UTIL_H
#define BENCH_UTIL_H

#include <stddef.h>
#include <stdint.h>

#define PATH_CAP 512 /* bytes of any path made here, with its NUL */

/* die: why is errno's text.  Both run the cleanup, once, in the process that
 * called on_end, never in a child of it. */
_Noreturn void die(const char *where, const char *what);
_Noreturn void die_why(const char *where, const char *what, const char *why);
void on_end(void (*cleanup)(void));
/* Runs the cleanup at the regular end. */
void end(void);

/* CLOCK_MONOTONIC. */
uint64_t now_ns(void);
double ms_between(uint64_t from_ns, uint64_t to_ns);
/* Sleeps; dies when a signal asked the benchmark to end. */
void nap_ms(unsigned ms);

/* From here on INT, TERM and HUP end the benchmark at its next wait. */
void signals_catch(void);
/* Every wait that EINTR or a nap interrupts calls it: dies when the watchdog's
 * time is over or a signal came.  `what` names what was awaited. */
void signals_check(const char *where, const char *what);
/* The waits that follow may take that long in sum; 0 takes the limit away. */
void watchdog(unsigned seconds);

/* n zeroed things of that size, to be freed by the caller; or dies. */
void *memory(size_t n, size_t size);

/* Writes a path of at most PATH_CAP bytes, or dies. */
__attribute__((format(printf, 2, 3)))
void path_make(char path[PATH_CAP], const char *fmt, ...);

#endif

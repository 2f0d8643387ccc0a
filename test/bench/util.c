/* util.c - endings, clocks, signals, paths.  Nothing here knows what is measured. */
#include "test/bench/util.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static void (*cleanup_fn)(void);
static pid_t cleanup_pid;
static volatile sig_atomic_t caught;

void on_end(void (*cleanup)(void))
{
	cleanup_fn = cleanup;
	cleanup_pid = getpid();
}

void end(void)
{
	void (*fn)(void) = cleanup_fn;

	cleanup_fn = NULL; /* a cleanup that dies does not begin again */
	if (fn && getpid() == cleanup_pid)
		fn();
}

void die_why(const char *where, const char *what, const char *why)
{
	fprintf(stderr, "bench: %s: %s: %s\n", where, what, why);
	end();
	exit(1);
}

void die(const char *where, const char *what)
{
	die_why(where, what, strerror(errno));
}

uint64_t now_ns(void)
{
	struct timespec ts;

	if (clock_gettime(CLOCK_MONOTONIC, &ts) < 0)
		die("clock", "reading it");
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

double ms_between(uint64_t from_ns, uint64_t to_ns)
{
	return ((double)to_ns - (double)from_ns) / 1e6;
}

void nap_ms(unsigned ms)
{
	struct timespec left = { .tv_sec = (time_t)(ms / 1000),
	                         .tv_nsec = (long)(ms % 1000) * 1000000 };

	while (nanosleep(&left, &left) < 0) {
		if (errno != EINTR)
			die("clock", "sleeping");
		signals_check("sleep", "a pause");
	}
}

/* A signal that comes just before a wait begins would not interrupt it: so it
 * is followed by an alarm in a second, and that by another. */
static void on_signal(int sig)
{
	if (caught == 0 || caught == SIGALRM)
		caught = sig;
	alarm(1);
}

void signals_catch(void)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGALRM };
	struct sigaction sa = { .sa_handler = on_signal }; /* no SA_RESTART */

	sigemptyset(&sa.sa_mask);
	for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
		if (sigaction(signals[i], &sa, NULL) < 0)
			die("signals", "catching them");
}

void signals_check(const char *where, const char *what)
{
	int sig = caught;

	if (sig == 0)
		return;
	caught = 0;
	alarm(0);
	die_why(where, what, sig == SIGALRM ? "took too long" : "interrupted by a signal");
}

void watchdog(unsigned seconds)
{
	alarm(seconds);
}

void *memory(size_t n, size_t size)
{
	void *p = calloc(n, size);

	if (!p)
		die("memory", "getting some");
	return p;
}

void path_make(char path[PATH_CAP], const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(path, PATH_CAP, fmt, ap);
	va_end(ap);
	if (n < 0 || n >= PATH_CAP)
		die_why(fmt, "making a path", "too long");
}

/* shutdown.c - waits for a time, warns meanwhile, then asks for the end.
 *
 * The supervisor knows nothing of it: who waits is this process, and it holds a
 * lock on RUNDIR/shutdown, by which the kernel tells others who that is. */
#include "client/shutdown.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "client/ask.h"
#include "client/end.h"
#include "client/screen.h"
#include "client/wall.h"
#include "ipc/place.h"
#include "ipc/text.h"

#define MINUTES_MAX 525600u /* a year */

struct plan {
	struct end_request end;
	bool only_warn, cancel;
	int64_t at;          /* seconds of CLOCK_REALTIME, for hh:mm */
	int64_t at_boot;     /* or of CLOCK_BOOTTIME, for +minutes: no clock that is set moves it */
	bool by_boot;
	char **message;      /* words, up to a NULL */
};

static const char usage[] =
	" [-H | -P | -h | -r] [-k] [--rundir=RUNDIR]\n"
	"       now | +MINUTES | HH:MM [MESSAGE...]\n"
	"   or: -c, which cancels it; --help; -V or --version\n";

/* ---- the time ---- */

static int64_t clock_s(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec + (t.tv_nsec > 0);
}

static int64_t seconds_left(const struct plan *p)
{
	return p->by_boot ? p->at_boot - clock_s(CLOCK_BOOTTIME) : p->at - clock_s(CLOCK_REALTIME);
}

/* The next time that a clock on the wall shows this. */
static bool at_clock(struct plan *p, const char *word, const char *colon)
{
	uint64_t hour, minute;
	time_t now = time(NULL);
	struct tm tm;

	if (!parse_u64(word, (size_t)(colon - word), 23, &hour)
	    || strlen(colon + 1) != 2 || !parse_u64(colon + 1, 2, 59, &minute) || !localtime_r(&now, &tm))
		return false;
	tm.tm_hour = (int)hour;
	tm.tm_min = (int)minute;
	tm.tm_sec = 0;
	tm.tm_isdst = -1;
	p->at = mktime(&tm);
	if (p->at <= now) {
		tm.tm_mday++;
		tm.tm_isdst = -1;
		p->at = mktime(&tm);
	}
	return true;
}

static bool set_time(struct plan *p, const char *word)
{
	const char *colon = strchr(word, ':'), *digits = *word == '+' ? word + 1 : word;
	uint64_t minutes = 0;

	if (colon)
		return at_clock(p, word, colon);
	if (strcmp(word, "now") != 0 && !parse_u64(digits, strlen(digits), MINUTES_MAX, &minutes))
		return false;
	p->by_boot = true;
	p->at_boot = clock_s(CLOCK_BOOTTIME) + (int64_t)minutes * 60;
	return true;
}

/* ---- warnings ---- */

static const char *what_happens(enum cinit_verb verb)
{
	return verb == CINIT_HALT ? "halt" : verb == CINIT_REBOOT ? "reboot" : "power off";
}

static void warn(const struct plan *p, int64_t left)
{
	char line[1024];
	struct text t;

	text_init(&t, line, sizeof line);
	text_str(&t, "\r\n\aThe system will ");
	text_str(&t, what_happens(p->end.verb));
	if (left > 0) {
		text_str(&t, " in ");
		text_i64(&t, (left + 59) / 60);
		text_str(&t, left > 60 ? " minutes" : " minute");
	} else {
		text_str(&t, " now");
	}
	for (char **word = p->message; *word; word++) {
		text_str(&t, word == p->message ? ": " : " ");
		screen_name(&t, *word, strlen(*word), CINIT_UTF8);
	}
	text_str(&t, "\r\n");
	wall(line);
}

/* How many seconds before the end the next warning after this one is due. */
static int64_t next_warning(int64_t left)
{
	static const int minutes[] = {1440, 720, 360, 180, 60, 30, 15, 10, 5, 4, 3, 2, 1};

	for (size_t i = 0; i < sizeof minutes / sizeof *minutes; i++)
		if (minutes[i] * 60 < left)
			return minutes[i] * 60;
	return 0;
}

/* ---- waiting ---- */

/* The lock, or -1 after saying who has it; for a cancel, *holder of it. */
static int take_lock(const char *rundir, pid_t *holder)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	char path[PATH_MAX];
	struct text t;
	int fd;

	text_init(&t, path, sizeof path);
	if (place_rundir(rundir, path, sizeof path) == 0) {
		t.len = strlen(path);
		text_str(&t, "/shutdown");
	}
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0) {
		complain(path, "", strerror(errno));
		return -1;
	}
	*holder = 0;
	while (fcntl(fd, F_SETLK, &lock) < 0) {
		struct flock other = lock;

		if (fcntl(fd, F_GETLK, &other) == 0 && other.l_type != F_UNLCK) {
			*holder = other.l_pid;
			break;
		}
	}
	return fd;
}

static int cancel(const struct plan *p)
{
	pid_t holder;

	if (take_lock(p->end.rundir, &holder) < 0)
		return errno == EACCES ? CODE_DENIED : CODE_FAILED;
	if (holder <= 1) {
		complain("-c", "", "no shutdown is planned");
		return CODE_FAILED;
	}
	if (kill(holder, SIGTERM) < 0) {
		complain("-c", "", strerror(errno));
		return errno == EPERM ? CODE_DENIED : CODE_FAILED;
	}
	return CODE_DONE;
}

/* True when the time has come; false when somebody thought better of it. */
static bool wait_for_time(const struct plan *p)
{
	int64_t left = seconds_left(p);
	sigset_t ends;

	sigemptyset(&ends);
	sigaddset(&ends, SIGINT);
	sigaddset(&ends, SIGTERM);
	sigprocmask(SIG_BLOCK, &ends, NULL);
	signal(SIGHUP, SIG_IGN); /* logging out is no cancel */
	while (left > 0) {
		int64_t until = next_warning(left);

		warn(p, left);
		for (; left > until; left = seconds_left(p)) {
			/* The clock may be set meanwhile, so not for too long. */
			struct timespec slice = {.tv_sec = left - until < 60 ? left - until : 60};

			if (sigtimedwait(&ends, NULL, &slice) > 0)
				return false;
		}
	}
	return true;
}

static int plan_end(const struct plan *p)
{
	pid_t holder = 0;
	int fd = -1;

	if (seconds_left(p) > 0) {
		fd = take_lock(p->end.rundir, &holder);
		if (fd < 0)
			return errno == EACCES ? CODE_DENIED : CODE_FAILED;
		if (holder) {
			complain("", "", "a shutdown is planned already, -c cancels it");
			return CODE_FAILED;
		}
	}
	if (!wait_for_time(p)) {
		wall("\r\nThe shutdown is cancelled\r\n");
		complain("", "", "cancelled");
		return CODE_FAILED;
	}
	warn(p, 0);
	return p->only_warn ? CODE_DONE : end_system(&p->end);
}

/* ---- words ---- */

static int print(const char *a, const char *b)
{
	return write(1, a, strlen(a)) < 0 || write(1, b, strlen(b)) < 0;
}

static int usage_error(const char *word, const char *why)
{
	complain(word, "", why);
	return CODE_USAGE;
}

int shutdown_main(int argc, char **argv)
{
	static const struct option longs[] = {
		{"help", no_argument, NULL, '?'}, {"version", no_argument, NULL, 'V'},
		{"halt", no_argument, NULL, 'H'}, {"poweroff", no_argument, NULL, 'P'},
		{"reboot", no_argument, NULL, 'r'}, {"rundir", required_argument, NULL, 'R'},
		{NULL, 0, NULL, 0},
	};
	struct plan p = {.end = {.verb = CINIT_POWEROFF}};
	int letter;

	opterr = 0;
	while ((letter = getopt_long(argc, argv, "HPhrkcV", longs, NULL)) != -1) {
		switch (letter) {
		case 'H': p.end.verb = CINIT_HALT; break;
		case 'h':
		case 'P': p.end.verb = CINIT_POWEROFF; break;
		case 'r': p.end.verb = CINIT_REBOOT; break;
		case 'R': p.end.rundir = optarg; break;
		case 'k': p.only_warn = true; break;
		case 'c': p.cancel = true; break;
		case 'V': return print(ask_program, " " CINIT_VERSION " (ipc: ")
			       || print(cinit_method(), ")\n");
		default:
			if (strcmp(argv[optind - 1], "--help") == 0)
				return print("usage: ", ask_program) || print(usage, "");
			return usage_error(argv[optind - 1], "not an option");
		}
	}
	if (p.cancel)
		return cancel(&p);
	if (optind == argc)
		return usage_error("TIME", "is missing: now, +MINUTES or HH:MM");
	if (!set_time(&p, argv[optind]))
		return usage_error(argv[optind], "not a time: now, +MINUTES or HH:MM");
	p.message = argv + optind + 1;
	return plan_end(&p);
}

/* steps.c - the steps, and their order.
 *
 * The process may share all memory with the supervisor, which runs on meanwhile.  So: no
 * libc, no errno, no static data that is written, nothing written but its own stack. */
#include "src/launch/steps.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "ipc/text.h"
#include "src/launch/alone.h"
#include "src/launch/raw.h"

#define KERNEL_SETMASK 2    /* SIG_SETMASK of the system call */
#define HAS_LESS (-10000) /* no errno: the process has less than was asked for, which may not be had */

/* ---- what every process goes through ---- */

PLAIN static long begin_session(const struct child *c, const struct value *v)
{
	(void)v;
	return c->session ? raw(SYS_setsid, 0, 0, 0, 0, 0) : 0;
}

PLAIN static long take_terminal(const struct child *c, const struct value *v)
{
	(void)v;
	if (c->tty)
		raw(SYS_ioctl, 0, TIOCSCTTY, c->steals, 0, 0); /* without it there is no job control */
	return 0;
}

/* A read ends at once.  Without /dev, a pipe into which nobody writes; the lowest free number is
 * the one that was closed. */
PLAIN static long take_null(const struct child *c, const struct value *v)
{
	int ends[2];
	long r;

	(void)v;
	if (c->input != INPUT_NULL)
		return 0;
	raw(SYS_close, 0, 0, 0, 0, 0);
	if (raw(SYS_openat, AT_FDCWD, (long)"/dev/null", O_RDONLY, 0, 0) >= 0)
		return 0;
	r = raw(SYS_pipe2, (long)ends, 0, 0, 0, 0);
	return r < 0 ? r : raw(SYS_close, ends[1], 0, 0, 0, 0);
}

PLAIN static long take_descriptors(const struct child *c, const struct value *v)
{
	long r = 0;

	(void)v;
	for (unsigned i = 0; i < c->n_fds && r >= 0; i++)
		r = raw(SYS_dup3, c->fds[i].fd, c->fds[i].as, 0, 0, 0);
	return r;
}

/* Room for ten digits; a pid has no more. */
PLAIN static long write_pid(const struct child *c, const struct value *v)
{
	unsigned long pid = (unsigned long)raw(SYS_getpid, 0, 0, 0, 0, 0);
	unsigned n = 1;

	(void)v;
	if (!c->pid)
		return 0;
	for (unsigned long rest = pid; rest >= 10; rest /= 10)
		n++;
	c->pid[n] = '\0';
	for (; n; pid /= 10)
		c->pid[--n] = (char)('0' + pid % 10);
	return 0;
}

/* Behind the descriptors: the limit may be lower than a number given away. */
PLAIN static long give_back_limit(const struct child *c, const struct value *v)
{
	struct { uint64_t soft, hard; } limit = {c->nofile_soft, c->nofile_hard};

	(void)v;
	return c->limit ? raw(SYS_prlimit64, 0, RLIMIT_NOFILE, (long)&limit, 0, 0) : 0;
}

/* ALONE: see alone.h. */
static long find_ids(const struct child *c, const struct value *v)
{
	(void)v;
	return c->find_ids ? alone_find_ids(c) : 0;
}

static long open_sockets(const struct child *c, const struct value *v)
{
	(void)v;
	return c->n_sockets ? alone_open_sockets(c) : 0;
}

static long become(const struct child *c, const struct value *v)
{
	(void)v;
	return c->ids && ids_become(c->ids) < 0 ? -errno : 0;
}

/* Behind the change of user, which undoes it.  Had the parent ended before, there would be
 * another one by now. */
PLAIN static long bind_to_parent(const struct child *c, const struct value *v)
{
	long r;

	(void)v;
	if (!c->bond)
		return 0;
	r = raw(SYS_prctl, PR_SET_PDEATHSIG, 9 /* SIGKILL */, 0, 0, 0);
	if (r >= 0 && raw(SYS_getppid, 0, 0, 0, 0, 0) != c->bond)
		raw(SYS_exit_group, 127, 0, 0, 0, 0);
	return r;
}

/* Caught signals were none, ignored ones were reset when the supervisor began; exec keeps the
 * mask, so it is emptied. */
PLAIN static long unblock_signals(const struct child *c, const struct value *v)
{
	uint64_t none = 0;

	(void)v;
	if (!c->path)
		return 0;
	return raw(SYS_rt_sigprocmask, KERNEL_SETMASK, (long)&none, 0, sizeof none, 0);
}

/* What the link says, so that a script finds itself by $0 and the kernel names the process after
 * the program.  Read here, as the user: so it is the link of this moment, on a disk that may
 * hang.  Of a path that is no link, or too long with its directory, the path itself. */
PLAIN static const char *follow_link(const struct child *c)
{
	char *text = c->link + c->link_at;
	long n = raw(SYS_readlinkat, AT_FDCWD, (long)c->path, (long)text, PATH_MAX, 0);

	if (n <= 0 || n >= PATH_MAX)
		return c->path;
	text[n] = '\0';
	if (*text == '/')
		return text;
	return c->link_at + n < PATH_MAX ? c->link : c->path;
}

PLAIN static long execute(const struct child *c, const struct value *v)
{
	const char *path = c->link ? follow_link(c) : c->path;

	(void)v;
	return path ? raw(SYS_execve, (long)path, (long)c->argv, (long)c->envp, 0, 0) : 0;
}

/* ---- what entries ask for ---- */

/* Without waiting for the carrier of a line; what is read from it then waits as usual.  Where the
 * terminal is another session's, the process has it without job control. */
PLAIN static long open_terminal(const struct child *c, const struct value *v)
{
	const char *path = c->rows.strings + v->at;
	long fd, r = 0, controls;

	if (!c->opens_tty)
		return 0;
	fd = raw(SYS_openat, AT_FDCWD, (long)path, O_RDWR | O_NOCTTY | O_NONBLOCK, 0, 0);
	if (fd < 0)
		return fd;
	raw(SYS_fcntl, fd, F_SETFL, O_RDWR, 0, 0);
	controls = raw(SYS_ioctl, fd, TIOCSCTTY, c->steals, 0, 0);
	for (int as = c->input == INPUT_INHERIT ? 0 : 1; as <= 2 && r >= 0; as++)
		r = fd == as ? 0 : raw(SYS_dup3, fd, as, 0, 0, 0);
	if (fd > 2)
		raw(SYS_close, fd, 0, 0, 0, 0);
	if (r < 0)
		return r;
	return controls == -EPERM ? HAS_LESS : controls;
}

/* As the user, who may not be able to read it. */
PLAIN static long open_input(const struct child *c, const struct value *v)
{
	const char *path = c->rows.strings + v->at + sizeof "file";
	long fd;

	if (c->input != INPUT_FILE)
		return 0;
	raw(SYS_close, 0, 0, 0, 0, 0);
	fd = raw(SYS_openat, AT_FDCWD, (long)path, O_RDONLY | O_NOCTTY, 0, 0);
	return fd < 0 ? fd : 0;
}

PLAIN static long change_directory(const struct child *c, const struct value *v)
{
	const char *path = c->rows.strings + v->at;
	long r = *path == '/' ? 0 : raw(SYS_chdir, (long)c->directory, 0, 0, 0, 0);

	return r < 0 ? r : raw(SYS_chdir, (long)path, 0, 0, 0, 0);
}

PLAIN static long set_umask(const struct child *c, const struct value *v)
{
	(void)c;
	raw(SYS_umask, v->at, 0, 0, 0, 0);
	return 0;
}

PLAIN static long forgo_privileges(const struct child *c, const struct value *v)
{
	(void)c;
	(void)v;
	return raw(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

/* Who may not raise a limit gets what is to be had, and that is said; what would be lowered
 * and cannot be is a failure. */
PLAIN static long set_limit(const uint64_t *number)
{
	struct { uint64_t soft, hard; } limit = {number[1], number[2]}, now;
	long r = raw(SYS_prlimit64, 0, (long)number[0], (long)&limit, 0, 0), why = r;

	if (r != -EPERM)
		return r;
	r = raw(SYS_prlimit64, 0, (long)number[0], 0, (long)&now, 0);
	if (r < 0 || limit.hard <= now.hard)
		return why;
	limit.hard = now.hard;
	limit.soft = limit.soft < now.hard ? limit.soft : now.hard;
	r = raw(SYS_prlimit64, 0, (long)number[0], (long)&limit, 0, 0);
	return r < 0 ? r : HAS_LESS;
}

PLAIN static long set_limits(const struct child *c, const struct value *v)
{
	const uint64_t *number = c->rows.numbers + v->at;
	long r = 0, not_raised = 0;

	for (uint32_t i = 0; i + 2 < v->n && (r >= 0 || r == HAS_LESS); i += 3) {
		r = set_limit(number + i);
		not_raised |= r == HAS_LESS;
	}
	return r >= 0 && not_raised ? HAS_LESS : r;
}

PLAIN static long set_nice(const struct child *c, const struct value *v)
{
	(void)c;
	return raw(SYS_setpriority, PRIO_PROCESS, 0, (int32_t)v->at, 0, 0);
}

static long set_oom(const struct child *c, const struct value *v)
{
	char digits[16];
	struct text t;
	long fd, r;

	(void)c;
	text_init(&t, digits, sizeof digits);
	text_i64(&t, (int32_t)v->at);
	fd = raw(SYS_openat, AT_FDCWD, (long)"/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC, 0, 0);
	if (fd < 0)
		return fd;
	r = raw(SYS_write, fd, (long)digits, (long)t.len, 0, 0);
	raw(SYS_close, fd, 0, 0, 0, 0);
	return r < 0 ? r : 0;
}

/* ---- the order ---- */

enum { FATAL, COMFORT }; /* without a comfort the process starts all the same */
enum { ANYWHERE, ALONE }; /* ALONE: not in memory that is shared with us */

struct step {
	uint8_t step;    /* enum spawn_step */
	uint8_t entry;   /* enum entry_id that has to be there; ENTRY_N: always done */
	uint8_t comfort, alone;
	long (*run)(const struct child *c, const struct value *v); /* 0, -errno or HAS_LESS */
};

static const struct step steps[] = {
	{STEP_SESSION, ENTRY_N, FATAL, ANYWHERE, begin_session},
	{STEP_SESSION, ENTRY_N, FATAL, ANYWHERE, take_terminal},
	{STEP_FDS, ENTRY_N, FATAL, ANYWHERE, take_null},
	/* As we are: terminals belong to root, and to who logs in. */
	{STEP_ENTRY, ENTRY_TTY, FATAL, ANYWHERE, open_terminal},
	{STEP_FDS, ENTRY_N, FATAL, ANYWHERE, take_descriptors},
	{STEP_FDS, ENTRY_N, FATAL, ANYWHERE, write_pid},
	{STEP_USER, ENTRY_N, FATAL, ANYWHERE, find_ids},
	{STEP_LISTEN, ENTRY_N, FATAL, ANYWHERE, open_sockets},
	{STEP_LIMIT, ENTRY_N, FATAL, ANYWHERE, give_back_limit},
	/* Before `limits`, which may leave no descriptor.  The kernel gives this value to all who
	 * share the memory. */
	{STEP_ENTRY, ENTRY_OOM, COMFORT, ALONE, set_oom},
	{STEP_ENTRY, ENTRY_LIMITS, FATAL, ANYWHERE, set_limits},
	{STEP_ENTRY, ENTRY_NICE, COMFORT, ANYWHERE, set_nice},
	{STEP_ENTRY, ENTRY_UMASK, FATAL, ANYWHERE, set_umask},
	{STEP_IDS, ENTRY_N, FATAL, ANYWHERE, become},
	/* As the user: where he may not go, his service does not start. */
	{STEP_ENTRY, ENTRY_DIR, FATAL, ANYWHERE, change_directory},
	{STEP_ENTRY, ENTRY_STDIN, FATAL, ANYWHERE, open_input},
	{STEP_ENTRY, ENTRY_NO_NEW_PRIVS, FATAL, ANYWHERE, forgo_privileges},
	{STEP_IDS, ENTRY_N, FATAL, ANYWHERE, bind_to_parent},
	{STEP_SIGNALS, ENTRY_N, FATAL, ANYWHERE, unblock_signals},
	{STEP_EXEC, ENTRY_N, FATAL, ANYWHERE, execute},
};

#define N_STEPS (sizeof steps / sizeof *steps)

PLAIN static const struct value *row_of(const struct rows *rows, unsigned entry)
{
	for (uint32_t i = 0; i < rows->n; i++)
		if (rows->at[i].entry == entry)
			return &rows->at[i];
	return 0;
}

/* True if the process starts all the same. */
PLAIN static bool tell(const struct child *c, const struct step *s, long result)
{
	bool goes_on = s->comfort == COMFORT || result == HAS_LESS;
	struct step_report report;

	report.step = s->step;
	report.error = result == HAS_LESS ? EPERM : (int32_t)-result;
	report.entry = s->entry;
	report.kind = goes_on ? REPORT_NOTE : REPORT_FATAL;
	for (unsigned i = 0; i < STEP_WORDS; i++)
		report.words[i] = c->words ? c->words[i] : 0;
	c->report(c, &report);
	return goes_on;
}

PLAIN int steps_run(const struct child *c)
{
	for (unsigned k = 0; k < N_STEPS; k++) {
		const struct step *s = &steps[k];
		const struct value *v = s->entry == ENTRY_N || !c->settings ? 0 : row_of(&c->rows, s->entry);
		long r = v || s->entry == ENTRY_N ? s->run(c, v) : 0;

		if (r < 0 && !tell(c, s, r))
			return -1;
	}
	return 0;
}

bool steps_need_memory(const struct rows *rows)
{
	for (unsigned k = 0; k < N_STEPS; k++)
		if (steps[k].alone == ALONE && row_of(rows, steps[k].entry))
			return true;
	return false;
}

/* process.c - spawning, signalling and what becomes of a process. */
#include "src/shell/process.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ipc/text.h"
#include "src/limits.h"
#include "src/shell/spawn_child.h"

/* The memory of one child in flight: from below its description, its descriptors,
 * the pointers and the strings made for it; from above its stack. */
#define SLOT_STACK 4096 /* of SPAWN_STACK; system calls need little */

static char *slots;             /* SPAWN_IN_FLIGHT of them */
static bool slot_used[SPAWN_IN_FLIGHT];
static unsigned n_in_flight;
static bool slots_touched;
static int64_t progress_ms;     /* when a slot was last taken or freed */
static char *scratch;           /* for forked children: room for the largest program */
static size_t scratch_bytes;

const char spawn_listen_pid[] = "LISTEN_PID=0000000000";

static size_t scratch_needed(uint32_t words_max)
{
	/* argv0, parameters, a word, NULL; environment, ours, NULL; then what fits a slot. */
	size_t pointers = 2 * (size_t)words_max + SPAWN_EXTRA + 4;

	return (pointers * sizeof(char *) + SPAWN_STACK + 4095) & ~(size_t)4095;
}

static void *map(size_t bytes)
{
	void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return at == MAP_FAILED ? NULL : at;
}

int process_prepare(uint32_t words_max)
{
	size_t bytes = scratch_needed(words_max);
	char *larger;

	if (!slots)
		slots = map((size_t)SPAWN_IN_FLIGHT * SPAWN_STACK);
	if (!slots)
		return -1;
	if (bytes <= scratch_bytes)
		return 0;
	larger = map(bytes);
	if (!larger)
		return -1;
	if (scratch)
		munmap(scratch, scratch_bytes);
	scratch = larger;
	scratch_bytes = bytes;
	return 0;
}

/* ---- arguments and environment ---- */

struct words {
	char **at;
	size_t n, room;
	bool cut;
};

static void add(struct words *w, const char *word)
{
	if (w->n < w->room)
		w->at[w->n++] = (char *)(uintptr_t)word; /* execve takes it as it is */
	else
		w->cut = true;
}

static void add_strings(struct words *w, const char *s, uint32_t n)
{
	for (; n--; s += strlen(s) + 1)
		add(w, s);
}

/* Does one of ours have the same name?  Then ours wins. */
static bool is_ours(const struct spawn *s, const char *line)
{
	for (unsigned i = 0; i < SPAWN_EXTRA && s->extra[i]; i++) {
		size_t n = (size_t)(strchr(s->extra[i], '=') - s->extra[i]) + 1;

		if (strncmp(line, s->extra[i], n) == 0)
			return true;
	}
	return false;
}

static void add_environment(struct words *w, const struct spawn *s)
{
	const char *line = s->env;

	for (uint32_t i = 0; !s->environ && i < s->n_env; i++, line += strlen(line) + 1)
		if (!is_ours(s, line))
			add(w, line);
	for (char *const *v = s->environ; v && *v; v++)
		if (!is_ours(s, *v))
			add(w, *v);
	for (unsigned i = 0; i < SPAWN_EXTRA && s->extra[i]; i++)
		add(w, s->extra[i]);
}

/* A copy in the child's own memory: the caller's may be gone before it runs. */
static const char *keep(struct text *t, const char *s)
{
	const char *at = t->buf + t->len;

	text_mem(t, s, strlen(s) + 1);
	return at;
}

static size_t strings_of(const struct spawn *s)
{
	size_t n = strlen(s->path) + strlen(s->argv0) + 3;

	for (unsigned i = 0; i < SPAWN_EXTRA && s->extra[i]; i++)
		n += strlen(s->extra[i]) + 1;
	return s->word ? n + strlen(s->word) + 1 : n;
}

/* Our words of the environment; one of them is the child's to fill in. */
static void keep_extra(struct text *t, struct child *c, struct spawn *kept)
{
	for (unsigned i = 0; i < SPAWN_EXTRA && kept->extra[i]; i++) {
		if (kept->extra[i] == spawn_listen_pid)
			c->pid = t->buf + t->len + strlen("LISTEN_PID=");
		kept->extra[i] = keep(t, kept->extra[i]);
	}
}

/* Lays out a child in `bytes` of memory: description, descriptors, pointers, strings. */
static struct child *lay_out(const struct spawn *s, char *memory, size_t bytes)
{
	struct child *c = (struct child *)(void *)memory;
	struct spawn_fd *fds = (struct spawn_fd *)(void *)(c + 1);
	struct words w = {.at = (char **)(void *)(fds + s->n_fds)};
	size_t strings = strings_of(s), fixed = sizeof *c + s->n_fds * sizeof *fds;
	struct spawn kept = *s;
	struct text t;

	if (fixed + strings + sizeof(char *) > bytes)
		return NULL;
	text_init(&t, memory + bytes - strings, strings);
	w.room = (bytes - fixed - strings) / sizeof(char *);
	*c = (struct child){.path = keep(&t, s->path), .argv = w.at, .tty = s->tty,
	                    .limit = shell.nofile_raised, .nofile_soft = shell.nofile_soft,
	                    .nofile_hard = shell.nofile_hard, .ids = s->ids, .fds = fds,
	                    .n_fds = (uint16_t)s->n_fds};
	if (s->n_fds)
		memcpy(fds, s->fds, s->n_fds * sizeof *fds);
	add(&w, s->argv0 == s->path ? c->path : keep(&t, s->argv0));
	add_strings(&w, s->params, s->n_params);
	if (s->word)
		add(&w, keep(&t, s->word));
	add(&w, NULL);
	c->envp = w.at + w.n;
	keep_extra(&t, c, &kept);
	add_environment(&w, &kept);
	add(&w, NULL);
	return w.cut || t.cut ? NULL : c;
}

/* ---- making the process ---- */

/* Whoever becomes another user shares nothing with us: he could stop the child. */
static int free_slot(const struct spawn *s)
{
	if (SPAWN_SHARES_MEMORY && !s->ids)
		for (int i = 0; i < SPAWN_IN_FLIGHT; i++)
			if (!slot_used[i])
				return i;
	return -1;
}

static pid_t fork_alone(struct child *c)
{
	pid_t pid = fork();

	if (pid == 0)
		spawn_child(c);
	return pid;
}

static int failed(struct end *end, enum spawn_step step, int err)
{
	*end = (struct end){END_SPAWN, (uint8_t)step, (int16_t)err};
	return -1;
}

/* The child, on a slot if there is one and everything fits, else forked. */
static pid_t make_child(const struct spawn *s, struct proc *p, int report_fd, enum spawn_step *step)
{
	int i = free_slot(s);
	char *slot = slots + (size_t)(i < 0 ? 0 : i) * SPAWN_STACK;
	struct child *c = i < 0 ? NULL : lay_out(s, slot, SPAWN_STACK - SLOT_STACK);
	pid_t pid;

	*step = STEP_FORK;
	if (c) {
		c->report_fd = report_fd;
		slots_touched = true;
		pid = clone(spawn_child, slot + SPAWN_STACK, CLONE_VM | SIGCHLD, c);
		if (pid > 0) {
			p->slot = (int16_t)i;
			slot_used[i] = true;
			n_in_flight++;
			progress_ms = shell.now_ms;
		}
		return pid;
	}
	c = lay_out(s, scratch, scratch_bytes);
	if (!c) {
		*step = STEP_ARGS;
		errno = E2BIG;
		return -1;
	}
	c->report_fd = report_fd;
	return fork_alone(c);
}

int process_move_fd(int fd)
{
	int moved = fd < 0 || fd >= SPAWN_OWN_FD ? fd : fcntl(fd, F_DUPFD_CLOEXEC, SPAWN_OWN_FD);
	int err = errno;

	if (fd >= 0 && moved != fd)
		close(fd);
	errno = err;
	return moved;
}

/* The pipe that reports. */
static int open_report(const struct spawn *s, int ends[2], enum spawn_step *step)
{
	*step = STEP_PIPE;
	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
		return -1;
	*step = STEP_FDS;
	if (s->n_fds)
		ends[1] = process_move_fd(ends[1]);
	if (ends[1] >= 0)
		return 0;
	close(ends[0]); /* succeeds: errno stays */
	return -1;
}

int process_spawn(const struct spawn *s, struct proc *p, struct end *end)
{
	enum spawn_step step;
	int ends[2], err;

	*p = (struct proc){.pidfd = -1, .exec_fd = -1, .slot = -1};
	if (open_report(s, ends, &step) < 0)
		return failed(end, step, errno);
	p->pid = make_child(s, p, ends[1], &step);
	err = errno;
	close(ends[1]);
	p->exec_fd = ends[0];
	if (p->pid > 0)
		return 0;
	p->pid = 0;
	process_forget(p);
	return failed(end, step, err);
}

static void free_memory(struct proc *p)
{
	if (p->slot >= 0) {
		slot_used[p->slot] = false;
		n_in_flight--;
		progress_ms = shell.now_ms;
	}
	p->slot = -1;
}

int process_exec_result(struct proc *p, struct end *end)
{
	struct child_report report;
	ssize_t n = read(p->exec_fd, &report, sizeof report);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	close(p->exec_fd);
	p->exec_fd = -1;
	free_memory(p);
	if (n != (ssize_t)sizeof report)
		return 1;
	return failed(end, (enum spawn_step)report.step, report.err);
}

void process_forget(struct proc *p)
{
	process_close_pidfd(p);
	if (p->exec_fd >= 0)
		close(p->exec_fd);
	free_memory(p);
	*p = (struct proc){.pidfd = -1, .exec_fd = -1, .slot = -1};
}

unsigned process_in_flight(void)
{
	return n_in_flight;
}

bool process_is_full(void)
{
	return n_in_flight == SPAWN_IN_FLIGHT;
}

int64_t process_sweep_ms(void)
{
	return n_in_flight ? progress_ms + SPAWN_SWEEP_MS : NEVER;
}

bool process_must_wait(int64_t now_ms)
{
	return process_is_full() && now_ms - progress_ms < SPAWN_PATIENCE_MS;
}

void process_rest(void)
{
	if (n_in_flight || !slots_touched)
		return;
	slots_touched = false;
	madvise(slots, (size_t)SPAWN_IN_FLIGHT * SPAWN_STACK, MADV_DONTNEED);
}

enum spawn_cause process_cause(const struct end *end)
{
	switch (end->code) {
	case EAGAIN:
	case ENOMEM:
	case EMFILE:
	case ENFILE: return CAUSE_SHORTAGE;
	case ETXTBSY: return CAUSE_BUSY;
	case EADDRINUSE:
	case EADDRNOTAVAIL: return CAUSE_ADDRESS;
	case ENOENT: return CAUSE_MISSING;
	default: return CAUSE_OTHER;
	}
}

/* ---- signals and ends ---- */

int process_kill_pid(pid_t pid, int sig)
{
	if (pid > 1)
		return kill(pid, sig);
	errno = EINVAL;
	return -1;
}

void process_signal(const struct proc *p, int sig)
{
	process_kill_pid(p->pid, sig); /* not reaped yet, so it is still ours */
}

int process_open_pidfd(struct proc *p)
{
	if (p->pidfd < 0 && p->pid > 0)
		p->pidfd = (int)syscall(SYS_pidfd_open, p->pid, 0);
	return p->pidfd;
}

void process_close_pidfd(struct proc *p)
{
	if (p->pidfd >= 0)
		close(p->pidfd);
	p->pidfd = -1;
}

struct end process_end_of_status(int status)
{
	if (WIFSIGNALED(status))
		return (struct end){END_SIGNAL, STEP_NONE, (int16_t)WTERMSIG(status)};
	return (struct end){END_EXIT, STEP_NONE, (int16_t)WEXITSTATUS(status)};
}

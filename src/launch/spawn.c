/* spawn.c - makes processes: lays out what a child needs, makes it, hears of its exec. */
#include "src/launch/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ipc/text.h"
#include "src/engine/engine.h"
#include "src/launch/raw.h"

/* The memory of one child in flight: from below its description, its descriptors,
 * the pointers and the strings made for it; from above its stack. */
#define SLOT_STACK 4096 /* of SPAWN_STACK; system calls need little */

/* ---- memory ---- */

static size_t scratch_needed(uint32_t words_max)
{
	/* argv0, parameters, a word, NULL; environment, ours, a user's, NULL; then what fits a slot, and a
	 * path, its directory and the text of a link, each as long as may be. */
	size_t pointers = 2 * (size_t)words_max + ENVIRONMENT_OWN + LOGIN_N + 4;

	return (pointers * sizeof(char *) + SPAWN_STACK + 3 * PATH_MAX + 4095) & ~(size_t)4095;
}

static void *map(size_t bytes)
{
	void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return at == MAP_FAILED ? NULL : at;
}

int spawn_prepare(struct spawner *sp, uint32_t words_max)
{
	size_t bytes = scratch_needed(words_max);
	char *larger;

	if (!sp->slots)
		sp->slots = map((size_t)SPAWN_IN_FLIGHT * SPAWN_STACK);
	if (!sp->slots)
		return -1;
	if (bytes <= sp->scratch_bytes)
		return 0;
	larger = map(bytes);
	if (!larger)
		return -1;
	if (sp->scratch)
		munmap(sp->scratch, sp->scratch_bytes);
	sp->scratch = larger;
	sp->scratch_bytes = bytes;
	return 0;
}

/* ---- laying out a child ---- */

/* What a child of its own memory finds out.  Descriptors and pointers stand behind it. */
struct alone {
	_Alignas(char *) struct ids ids;
	char words[STEP_WORDS];
};

/* A copy in the child's own memory: the caller's may be gone before it runs. */
static const char *keep(struct text *t, const char *s)
{
	const char *at = t->buf + t->len;

	text_mem(t, s, strlen(s) + 1);
	return at;
}

static size_t strings_of(const struct launch *l)
{
	size_t n = strlen(l->path) + strlen(l->argv0) + 3;

	for (unsigned i = 0; i < ENVIRONMENT_OWN && l->env.own[i]; i++)
		n += strlen(l->env.own[i]) + 1;
	n += l->word ? strlen(l->word) + 1 : 0;
	return l->directory ? n + strlen(l->directory) + 1 : n;
}

/* Of a path, with its slash. */
static size_t directory_bytes(const char *path)
{
	return (size_t)(strrchr(path, '/') + 1 - path);
}

/* Bytes for the text of the link behind its directory; hardly any of them are ever touched. */
static size_t link_room_of(const struct launch *l)
{
	return l->is_link ? directory_bytes(l->path) + PATH_MAX : 0;
}

static void describe_link(struct child *c, const struct launch *l, char *room)
{
	if (!l->is_link)
		return;
	c->link = room;
	c->link_at = (uint16_t)directory_bytes(l->path);
	memcpy(room, l->path, c->link_at);
}

/* Our variables; one of them is the child's to fill in. */
static void keep_own(struct text *t, struct child *c, struct environment *env)
{
	for (unsigned i = 0; i < ENVIRONMENT_OWN && env->own[i]; i++) {
		if (env->own[i] == environment_listen_pid)
			c->pid = t->buf + t->len + strlen("LISTEN_PID=");
		env->own[i] = keep(t, env->own[i]);
	}
}

PLAIN static void report(const struct child *c, const struct step_report *r)
{
	raw(SYS_write, c->report_fd, (long)r, sizeof *r, 0, 0);
}

static struct child describe(const struct spawner *sp, const struct launch *l)
{
	return (struct child){
		.session = true, .tty = l->input.tty, .steals = l->input.steals,
		.opens_tty = l->input.opens_tty, .input = l->input.kind, .limit = sp->nofile_raised,
		.nofile_soft = sp->nofile_soft, .nofile_hard = sp->nofile_hard,
		.n_fds = (uint16_t)l->n_fds, .rows = l->rows, .settings = l->settings, .report = report,
	};
}

/* Is there something that only a process of its own memory can do? */
static bool is_alone(const struct launch *l)
{
	return l->find_ids || l->n_sockets || (l->settings && steps_need_memory(&l->rows));
}

/* What it needs for that; the sockets stay where they are, as it has a copy of them. */
static void describe_alone(struct child *c, const struct launch *l, struct alone *room)
{
	*room = (struct alone){.ids = {.uid = (uid_t)-1, .gid = (gid_t)-1}};
	c->find_ids = l->find_ids;
	c->ids = l->become ? &room->ids : NULL;
	c->found = &room->ids;
	c->words = room->words;
	c->sockets = l->sockets;
	c->n_sockets = (uint16_t)l->n_sockets;
}

/* Lays out a child in `bytes` of memory: description, descriptors, pointers, strings, and room
 * for a link. */
static struct child *lay_out(const struct spawner *sp, const struct launch *l, char *memory,
                             size_t bytes)
{
	struct child *c = (struct child *)(void *)memory;
	struct alone *room = (struct alone *)(void *)(c + 1);
	struct spawn_fd *fds = (struct spawn_fd *)(void *)(is_alone(l) ? room + 1 : room);
	struct words w = {.at = (char **)(void *)(fds + l->n_fds)};
	size_t strings = strings_of(l), fixed = (size_t)((char *)w.at - memory), link = link_room_of(l);
	struct environment env = l->env;
	struct text t;

	if (fixed + strings + link + sizeof(char *) > bytes)
		return NULL;
	bytes -= link;
	text_init(&t, memory + bytes - strings, strings);
	w.room = (bytes - fixed - strings) / sizeof(char *);
	*c = describe(sp, l);
	if (is_alone(l))
		describe_alone(c, l, room);
	describe_link(c, l, memory + bytes);
	c->path = keep(&t, l->path);
	c->directory = l->directory ? keep(&t, l->directory) : NULL;
	c->argv = w.at;
	c->fds = fds;
	if (l->n_fds)
		memcpy(fds, l->fds, l->n_fds * sizeof *fds);
	words_add(&w, l->argv0 == l->path ? c->path : keep(&t, l->argv0));
	words_add_strings(&w, l->params, l->n_params);
	if (l->word)
		words_add(&w, keep(&t, l->word));
	words_add(&w, NULL);
	c->envp = w.at + w.n;
	keep_own(&t, c, &env);
	words_add_environment(&w, &env);
	c->login = w.login;
	c->login_given = w.login_given;
	return w.cut || t.cut ? NULL : c;
}

/* ---- making the process ---- */

/* The child's whole life. */
PLAIN static _Noreturn int live(void *child)
{
	steps_run(child);
	for (;;)
		raw(SYS_exit_group, 127, 0, 0, 0, 0);
}

/* Whoever becomes another user shares nothing with us, either: he could stop the child. */
static int free_slot(const struct spawner *sp, const struct launch *l)
{
	if (SPAWN_SHARES_MEMORY && !is_alone(l))
		for (int i = 0; i < SPAWN_IN_FLIGHT; i++)
			if (!sp->held_by[i])
				return i;
	return -1;
}

static pid_t fork_alone(struct child *c)
{
	pid_t pid = fork();

	if (pid == 0)
		live(c);
	return pid;
}

static pid_t clone_on_slot(struct spawner *sp, int i, struct child *c, int64_t now_ms,
                           struct proc *p)
{
	char *stack = sp->slots + ((size_t)i + 1) * SPAWN_STACK;
	pid_t pid;

	sp->touched = true;
	pid = clone(live, stack, CLONE_VM | SIGCHLD, c);
	if (pid > 0) {
		p->slot = (uint16_t)(i + 1);
		sp->held_by[i] = pid;
		sp->epoch_of[i] = sp->epoch;
		sp->n_held++;
		sp->progress_ms = now_ms;
	}
	return pid;
}

static int failed(struct end *end, enum spawn_step step, int err)
{
	*end = (struct end){END_SPAWN, (uint8_t)step, (int16_t)err};
	return -1;
}

/* The child, on a slot if there is one and everything fits, else forked. */
static pid_t make_child(struct spawner *sp, const struct launch *l, int64_t now_ms, struct proc *p,
                        int report_fd, enum spawn_step *step)
{
	int i = free_slot(sp, l);
	char *slot = i < 0 ? NULL : sp->slots + (size_t)i * SPAWN_STACK;
	struct child *c = slot ? lay_out(sp, l, slot, SPAWN_STACK - SLOT_STACK) : NULL;
	bool shared = c;

	if (!c)
		c = lay_out(sp, l, sp->scratch, sp->scratch_bytes);
	if (!c) {
		*step = STEP_ARGS;
		errno = E2BIG;
		return -1;
	}
	*step = STEP_FORK;
	c->report_fd = report_fd;
	return shared ? clone_on_slot(sp, i, c, now_ms, p) : fork_alone(c);
}

static int make_report(const struct launch *l, int ends[2])
{
	if (l->n_sockets)
		return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends);
	return pipe2(ends, O_CLOEXEC | O_NONBLOCK);
}

/* The pipe that reports, or a socket pair where it has to hand something over. */
static int open_report(const struct launch *l, int ends[2], enum spawn_step *step)
{
	*step = STEP_PIPE;
	if (make_report(l, ends) < 0)
		return -1;
	*step = STEP_FDS;
	if (l->n_fds || l->n_sockets)
		ends[1] = fd_move_up(ends[1]);
	if (ends[1] >= 0)
		return 0;
	close(ends[0]); /* succeeds: errno stays */
	return -1;
}

int spawn_process(struct spawner *sp, const struct launch *l, int64_t now_ms, struct proc *p,
                  struct end *end)
{
	enum spawn_step step;
	int ends[2], err;

	*p = PROC_NONE;
	if (open_report(l, ends, &step) < 0)
		return failed(end, step, errno);
	p->hands_over = l->n_sockets;
	p->pid = make_child(sp, l, now_ms, p, ends[1], &step);
	err = errno;
	close(ends[1]);
	p->exec_fd = ends[0];
	if (p->pid > 0)
		return 0;
	p->pid = 0;
	spawn_close(p);
	return failed(end, step, err);
}

/* ---- what became of it ---- */

static void free_slot_of(struct spawner *sp, int i, int64_t now_ms)
{
	sp->held_by[i] = 0;
	sp->n_held--;
	sp->progress_ms = now_ms;
}

/* A record, and the descriptor that came with it, or -1. */
static ssize_t receive(const struct proc *p, struct step_report *report, int *fd)
{
	union {
		struct cmsghdr head;
		char space[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec iov = {report, sizeof *report};
	struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control,
	                   .msg_controllen = sizeof control.space};
	ssize_t n;

	*fd = -1;
	if (!p->hands_over)
		return read(p->exec_fd, report, sizeof *report);
	n = recvmsg(p->exec_fd, &m, MSG_CMSG_CLOEXEC);
	if (n > 0 && m.msg_controllen >= CMSG_LEN(sizeof(int)) && control.head.cmsg_type == SCM_RIGHTS)
		memcpy(fd, CMSG_DATA(&control.head), sizeof *fd);
	return n;
}

enum spawn_heard spawn_hear(struct spawner *sp, struct proc *p, int64_t now_ms,
                            struct step_report *report, int *fd)
{
	ssize_t n = receive(p, report, fd);
	bool said = n == (ssize_t)sizeof *report;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return SPAWN_NOTHING;
	if (said && report->kind == REPORT_SOCKET)
		return SPAWN_SOCKET;
	if (said && report->kind == REPORT_NOTE)
		return SPAWN_NOTE;
	close(p->exec_fd);
	p->exec_fd = 0;
	if (p->slot && !said) /* else it still has to end, on its stack */
		free_slot_of(sp, p->slot - 1, now_ms);
	p->slot = 0;
	return said ? SPAWN_FAILED : SPAWN_EXECUTED;
}

void spawn_close(struct proc *p)
{
	if (p->pidfd)
		close(p->pidfd);
	if (p->exec_fd)
		close(p->exec_fd);
	*p = PROC_NONE;
}

void spawn_reaped(struct spawner *sp, pid_t pid, int64_t now_ms)
{
	for (int i = 0; i < SPAWN_IN_FLIGHT && sp->n_held; i++)
		if (sp->held_by[i] == pid)
			free_slot_of(sp, i, now_ms);
}

pid_t spawn_holder(const struct spawner *sp, unsigned i)
{
	return sp->held_by[i];
}

bool spawn_reads(const struct spawner *sp, uint32_t epoch)
{
	for (int i = 0; i < SPAWN_IN_FLIGHT && sp->n_held; i++)
		if (sp->held_by[i] && sp->epoch_of[i] == epoch)
			return true;
	return false;
}

bool spawn_is_full(const struct spawner *sp)
{
	return sp->n_held == SPAWN_IN_FLIGHT;
}

int64_t spawn_sweep_ms(const struct spawner *sp)
{
	return sp->n_held ? sp->progress_ms + SPAWN_SWEEP_MS : NEVER;
}

bool spawn_must_wait(const struct spawner *sp, int64_t now_ms)
{
	return spawn_is_full(sp) && now_ms - sp->progress_ms < SPAWN_PATIENCE_MS;
}

void spawn_rest(struct spawner *sp)
{
	if (sp->n_held || !sp->touched)
		return;
	sp->touched = false;
	madvise(sp->slots, (size_t)SPAWN_IN_FLIGHT * SPAWN_STACK, MADV_DONTNEED);
}

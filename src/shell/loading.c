/* loading.c - the child that loads, and what it hands over.
 *
 * The child may wait, and it changes nothing but the memory that both have.  The supervisor
 * never waits for it, and looks whether what it hands over still fits before taking it. */
#include "src/shell/loading.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "ipc/record.h"
#include "ipc/text.h"
#include "src/shell/console.h"
#include "src/shell/loop.h"
#include "src/shell/process.h"
#include "src/shell/services.h"
#include "src/shell/shell.h"

#define SAID_BYTES 4096   /* of one finding */

/* What the child writes: a finding, or its end. */
enum { SAYS_FINDING, SAYS_DONE };

struct said {
	uint8_t kind;
	uint8_t level;         /* SAYS_FINDING: enum finding_level; three strings follow, */
	uint8_t fault;         /* SAYS_DONE: something could not be read */
	uint64_t config_bytes; /* SAYS_DONE: what lies in the memory; 0: nothing could be loaded */
	char strings[SAID_BYTES];
};

/* ---- the child ---- */

struct work {
	enum load_kind kind;
	int said_fd, memory_fd;
	struct load_place *progress;
	const char *asked;
};

static void put_string(struct text *t, const char *s)
{
	text_mem(t, s, strlen(s) + 1);
}

static void send_finding(void *arg, const struct finding *f)
{
	const struct work *w = arg;
	struct said said = {.kind = SAYS_FINDING, .level = (uint8_t)f->level};
	struct text t;

	text_init(&t, said.strings, sizeof said.strings);
	put_string(&t, f->path);
	put_string(&t, f->what);
	put_string(&t, f->why);
	send(w->said_fd, &said, offsetof(struct said, strings) + t.len + 1, MSG_NOSIGNAL);
}

static void set_place(struct load_place *place, const char *before, const char *path)
{
	struct text t;

	text_init(&t, place->path, sizeof place->path);
	text_str(&t, before);
	text_str(&t, path);
}

static void tell_place(void *arg, const char *path)
{
	const struct work *w = arg;

	set_place(w->progress, "svc/", path);
}

static bool put(int fd, const void *bytes, size_t n)
{
	const char *at = bytes;

	while (n) {
		ssize_t got = write(fd, at, n);

		if (got < 0)
			return false;
		at += got;
		n -= (size_t)got;
	}
	return true;
}

/* The config, and behind it where each service is now. */
static uint64_t hand_over(const struct work *w, const struct config *c, const uint32_t *map,
                          uint32_t n)
{
	if (!c || !put(w->memory_fd, c, c->size) || !put(w->memory_fd, map, n * sizeof *map))
		return 0;
	return c->size;
}

/* Which faults refuse the whole load in try i.  A name that is asked for is loaded in the end,
 * with what can be read, and so is a boot: what cannot is refused, alone.  A reload does nothing
 * then, and names the place. */
static unsigned refused_in(enum load_kind kind, unsigned i)
{
	const unsigned changing = 1u << LOAD_CHANGING, unreadable = 1u << LOAD_UNREADABLE;

	if (kind == LOAD_ANEW)
		return changing | unreadable;
	if (i == LOAD_TRIES - 1)
		return 0;
	return kind == LOAD_BOOT ? changing | unreadable : changing;
}

static struct config *load(enum load_kind kind, struct load *l)
{
	const struct timespec pause = {.tv_nsec = LOAD_PAUSE_MS * 1000000L};
	struct load_again *again = l->again;
	struct finding f = {FINDING_ERROR, again->path, "cannot be read", "the tree is being changed"};
	struct config *c = NULL;

	for (unsigned i = 0; i < LOAD_TRIES; i++) {
		if (i)
			nanosleep(&pause, NULL);
		again->refused = refused_in(kind, i);
		c = config_load(l);
		if (c || again->fault == LOAD_FINE)
			return c;
	}
	if (again->fault == LOAD_UNREADABLE)
		f.why = strerror(again->error);
	l->report(l->arg, &f);
	return NULL;
}

/* What is there already, and where its services are afterwards. */
static void describe(struct load *l, const struct work *w, uint32_t *map)
{
	switch (w->kind) {
	case LOAD_EXTENDS:
		l->asked = w->asked;
		l->old = shell.config;
		l->engine = shell.engine;
		break;
	case LOAD_ANEW:
		l->start = shell.profile;
		l->running = shell.config;
		l->engine = shell.engine;
		l->map = map;
		break;
	case LOAD_BOOT:
		l->start = shell.profile;
		break;
	}
}

static _Noreturn void work(const struct work *w)
{
	uint32_t n = shell.loading.n;
	struct vec memory = {.max = SIZE_MAX / 2};
	uint32_t *map = vec_add(&memory, (n + (size_t)1) * sizeof *map);
	struct load_again again = {.fault = LOAD_FINE};
	struct load l = {.dir = shell.dir, .report = send_finding, .place = tell_place,
	                 .again = &again, .arg = (void *)(uintptr_t)w};
	struct said said = {.kind = SAYS_DONE};

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NAME, "cinit: load");
	describe(&l, w, map);
	for (uint32_t i = 0; map && i < n; i++)
		map[i] = i; /* extended: every service keeps its index */
	said.config_bytes = map ? hand_over(w, load(w->kind, &l), map, n) : 0;
	said.fault = again.fault != LOAD_FINE;
	send(w->said_fd, &said, offsetof(struct said, strings) + 1, MSG_NOSIGNAL);
	_exit(0);
}

/* ---- beginning ---- */

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void discard(void)
{
	struct loading *l = &shell.loading;

	if (l->said_fd >= 0)
		loop_unwatch(l->said_fd);
	close_fd(&l->said_fd);
	close_fd(&l->memory_fd);
	if (l->progress)
		munmap(l->progress, sizeof *l->progress);
	l->progress = NULL;
	l->busy = false;
	l->done = NULL;
}

static int open_channels(struct loading *l, int *theirs)
{
	int ends[2];
	void *at = mmap(NULL, sizeof *l->progress, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
	                -1, 0);

	l->said_fd = l->memory_fd = *theirs = -1;
	l->progress = at == MAP_FAILED ? NULL : at;
	l->memory_fd = memfd_create("cinit", MFD_CLOEXEC);
	if (!l->progress || l->memory_fd < 0
	    || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return -1;
	l->said_fd = ends[0];
	*theirs = ends[1];
	return loop_watch(l->said_fd, SOURCE_LOAD, NO_SVC, ROLE_HELPER);
}

int loading_begin(enum load_kind kind, const char *asked,
                  void (*done)(enum loaded, struct config *, const uint32_t *))
{
	struct loading *l = &shell.loading;
	struct work w = {.kind = kind, .asked = asked};
	int error;

	if (l->busy) {
		errno = EBUSY;
		return -1;
	}
	l->n = kind == LOAD_BOOT ? 0 : shell.config->n;
	console_flush(); /* the child has a copy of what is not written yet */
	if (open_channels(l, &w.said_fd) == 0) {
		w.memory_fd = l->memory_fd;
		w.progress = l->progress;
		set_place(l->progress, "", shell.dir);
		l->pid = fork();
		if (l->pid == 0)
			work(&w);
	} else {
		l->pid = -1;
	}
	error = errno;
	close_fd(&w.said_fd);
	l->busy = true;
	l->done = done;
	l->since_ms = shell.now_ms;
	l->say_ms = shell.now_ms + LOAD_SAY_MS;
	if (l->pid > 0)
		return 0;
	l->pid = 0;
	discard();
	errno = error;
	return -1;
}

bool loading_is_busy(void)
{
	return shell.loading.busy;
}

/* ---- what it says ---- */

static void finish(enum loaded how, struct config *fresh, const uint32_t *map)
{
	void (*done)(enum loaded, struct config *, const uint32_t *) = shell.loading.done;

	discard();
	done(how, fresh, map);
}

/* Nothing that runs, or that somebody waits for, may have lost its place meanwhile. */
static bool still_fits(const struct config *fresh, const uint32_t *map, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		if (map[i] == NO_SVC && !engine_may_drop(shell.engine, i))
			return false;
		if (map[i] != NO_SVC && map[i] >= fresh->n)
			return false;
		if (map[i] != NO_SVC && config_node(fresh, map[i])->kind & KIND_REFUSED
		    && !config_svc(fresh, map[i])->kept && engine_is_active(shell.engine, i))
			return false;
	}
	return true;
}

static void take_over(const struct said *said)
{
	struct loading *l = &shell.loading;
	uint64_t bytes = said->config_bytes;
	uint32_t n = l->n;
	size_t map_bytes = ((size_t)n + 1) * sizeof(uint32_t);
	struct vec memory = {.max = SIZE_MAX / 2};
	uint32_t *map = vec_add(&memory, map_bytes);
	struct config *fresh = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE, l->memory_fd, 0);
	bool got = map && fresh != MAP_FAILED
	           && pread(l->memory_fd, map, n * sizeof *map, (off_t)bytes) == (ssize_t)(n * sizeof *map);

	if (!got) {
		say_errno("load", "memory", errno);
		if (fresh != MAP_FAILED)
			munmap(fresh, bytes);
		finish(LOADED_NOT, NULL, NULL);
	} else if (fresh->size != bytes || !still_fits(fresh, map, n)) {
		munmap(fresh, bytes);
		finish(LOADED_STALE, NULL, NULL);
	} else {
		l->fault = said->fault;
		finish(LOADED, fresh, map);
	}
	vec_free(&memory);
}

static void say_finding(const struct said *said, size_t n)
{
	struct finding f = {.level = (enum finding_level)said->level};
	const char *end = said->strings + n;

	f.path = said->strings;
	f.what = f.path + strlen(f.path) + 1;
	f.why = f.what < end ? f.what + strlen(f.what) + 1 : "";
	if (f.what < end && f.why < end)
		services_say_finding(NULL, &f);
}

void loading_readable(void)
{
	struct said said;

	for (unsigned k = 0; k < TURN_EVENTS && shell.loading.busy; k++) {
		ssize_t n = recv(shell.loading.said_fd, &said, sizeof said - 1, MSG_DONTWAIT);

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n < (ssize_t)offsetof(struct said, strings)) {
			say("load", "", "its process has ended before it was done");
			finish(LOADED_NOT, NULL, NULL);
			return;
		}
		((char *)&said)[n] = '\0';
		if (said.kind == SAYS_FINDING)
			say_finding(&said, (size_t)n - offsetof(struct said, strings));
		else if (said.config_bytes)
			take_over(&said);
		else
			finish(LOADED_NOT, NULL, NULL);
	}
}

void loading_end(void)
{
	if (!shell.loading.busy)
		return;
	if (shell.loading.pid > 0)
		process_kill_pid(shell.loading.pid, SIGKILL); /* not reaped, so it is still ours */
	finish(LOADED_NOT, NULL, NULL);
}

/* ---- one that takes long ---- */

void loading_describe(struct text *t)
{
	const struct loading *l = &shell.loading;
	char path[LOAD_PLACE_BYTES];

	memcpy(path, l->progress->path, sizeof path);
	path[sizeof path - 1] = '\0';
	text_str(t, "reading ");
	text_name(t, path, strlen(path), true);
	text_str(t, " for ");
	text_seconds(t, shell.now_ms - l->since_ms, 0);
	text_str(t, " s");
}

int64_t loading_deadline(void)
{
	return shell.loading.busy ? shell.loading.say_ms : NEVER;
}

void loading_turn(void)
{
	struct loading *l = &shell.loading;
	struct text *t;

	if (!l->busy || l->say_ms > shell.now_ms)
		return;
	l->say_ms = shell.now_ms + LOAD_SAY_MS;
	t = say_begin();
	text_str(t, "load: busy, ");
	loading_describe(t);
	say_end();
}

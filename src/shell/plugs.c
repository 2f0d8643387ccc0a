/* plugs.c - the rows of what is held for services.
 *
 * All rows of a tree are one mapping, made before the tree is taken over, so that
 * taking over cannot fail. */
#include "src/shell/plugs.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "src/limits.h"
#include "src/shell/console.h"
#include "src/shell/loop.h"
#include "src/shell/process.h"
#include "src/shell/sockets.h"

#ifndef SO_PASSRIGHTS
#define SO_PASSRIGHTS 83 /* since Linux 6.16 */
#endif

struct plug {
	uint32_t first;       /* its sockets among all */
	uint32_t ready_bytes; /* read of the pipe so far */
	int ready_fd, control_fd; /* our ends, or -1 */
};

/* Row i is that of conf_extra i. */
struct rows {
	void *memory;
	size_t bytes;
	struct plug *plug;
	struct held *held;
	char (*words)[WORDS_MAX]; /* apart: hardly any of it is ever touched */
	uint32_t n;
};

static struct rows rows, next;

/* ---- finding ---- */

static const struct conf_extra *extra_of(uint32_t svc)
{
	const struct config *c = shell.config;
	uint32_t row = c && svc < c->n ? config_svc(c, svc)->extra : 0;

	return row && row <= rows.n ? config_extra(c, row - 1) : NULL;
}

static uint32_t row_of(uint32_t svc)
{
	return config_svc(shell.config, svc)->extra - 1;
}

static struct plug *plug_of(uint32_t svc)
{
	return extra_of(svc) ? &rows.plug[row_of(svc)] : NULL;
}

static const char *after(const char *string)
{
	return string + strlen(string) + 1;
}

/* ---- with the tree ---- */

static size_t aligned(size_t n)
{
	return (n + 15) & ~(size_t)15;
}

static void free_rows(struct rows *r)
{
	if (r->memory)
		munmap(r->memory, r->bytes);
	*r = (struct rows){.memory = NULL};
}

static uint32_t count_sockets(const struct config *c)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < c->n_extras; i++)
		n += config_extra(c, i)->n_listen;
	return n;
}

static void set_empty(struct rows *r, const struct config *c)
{
	uint32_t first = 0;

	for (uint32_t i = 0; i < r->n; i++) {
		r->plug[i] = (struct plug){.first = first, .ready_fd = -1, .control_fd = -1};
		first += config_extra(c, i)->n_listen;
	}
	for (uint32_t k = 0; k < first; k++)
		r->held[k] = (struct held){.fd = -1};
}

int plugs_prepare(const struct config *fresh)
{
	size_t plugs = aligned(fresh->n_extras * sizeof(struct plug));
	size_t sockets = aligned(count_sockets(fresh) * sizeof(struct held));
	char *memory;

	free_rows(&next);
	if (!fresh->n_extras)
		return 0;
	next.bytes = plugs + sockets + fresh->n_extras * (size_t)WORDS_MAX;
	memory = mmap(NULL, next.bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		return -1;
	next.memory = memory;
	next.plug = (struct plug *)(void *)memory;
	next.held = (struct held *)(void *)(memory + plugs);
	next.words = (char (*)[WORDS_MAX])(void *)(memory + plugs + sockets);
	next.n = fresh->n_extras;
	set_empty(&next, fresh);
	return 0;
}

/* The first line that is the same and whose socket is not open yet. */
static struct held *place_for(const struct config *fresh, uint32_t row, const char *line)
{
	const struct conf_extra *x = config_extra(fresh, row);
	struct held *held = next.held + next.plug[row].first;
	const char *at = config_str(fresh, x->listen);

	for (uint32_t i = 0; i < x->n_listen; i++, at = after(at))
		if (held[i].fd < 0 && strcmp(at, line) == 0)
			return &held[i];
	return NULL;
}

/* Row `from` moves to row `to` of the fresh tree. */
static void move(uint32_t from, const struct config *fresh, uint32_t to, uint32_t svc)
{
	const struct conf_extra *x = config_extra(shell.config, from);
	struct plug *old = &rows.plug[from], *plug = &next.plug[to];
	struct held *held = rows.held + old->first, *place;
	const char *line = config_str(shell.config, x->listen);

	for (uint32_t i = 0; i < x->n_listen; i++, line = after(line)) {
		place = held[i].fd < 0 ? NULL : place_for(fresh, to, line);
		if (place) {
			*place = held[i];
			held[i] = (struct held){.fd = -1};
		}
	}
	plug->ready_fd = old->ready_fd;
	plug->ready_bytes = old->ready_bytes;
	plug->control_fd = old->control_fd;
	old->ready_fd = old->control_fd = -1;
	loop_rewatch(plug->ready_fd, SOURCE_READY, svc, ROLE_MAIN);
	loop_rewatch(plug->control_fd, SOURCE_CONTROL, svc, ROLE_MAIN);
	if (rows.words[from][0])
		memcpy(next.words[to], rows.words[from], WORDS_MAX);
}

static void close_end(int *fd)
{
	if (*fd < 0)
		return;
	loop_unwatch(*fd);
	close(*fd);
	*fd = -1;
}

static void give_up(uint32_t row)
{
	const struct conf_extra *x = config_extra(shell.config, row);
	struct plug *plug = &rows.plug[row];
	const char *line = config_str(shell.config, x->listen);

	for (uint32_t i = 0; i < x->n_listen; i++, line = after(line))
		held_give_up(&rows.held[plug->first + i], line);
	close_end(&plug->ready_fd);
	close_end(&plug->control_fd);
}

void plugs_adopt(const struct config *fresh, const uint32_t *map)
{
	for (uint32_t i = 0; i < rows.n; i++) {
		uint32_t svc = config_extra(shell.config, i)->svc, now = map ? map[svc] : NO_SVC;
		uint32_t to = now == NO_SVC ? 0 : config_svc(fresh, now)->extra;

		if (to)
			move(i, fresh, to - 1, now);
		give_up(i);
	}
	free_rows(&rows);
	rows = next;
	next = (struct rows){.memory = NULL};
}

void plugs_end(void)
{
	for (uint32_t i = 0; i < rows.n; i++)
		give_up(i);
}

/* ---- sockets ---- */

int plugs_listen(uint32_t svc, uid_t uid, gid_t gid, const char **line)
{
	const struct conf_extra *x = extra_of(svc);
	const char *at = x ? config_str(shell.config, x->listen) : "";

	for (uint32_t i = 0; x && i < x->n_listen; i++, at = after(at)) {
		struct held *held = &rows.held[rows.plug[row_of(svc)].first + i];

		*line = at;
		if (held->fd < 0 && held_open(held, at, uid, gid) < 0)
			return -1;
	}
	return 0;
}

int plugs_socket(uint32_t svc, uint32_t i)
{
	const struct plug *plug = plug_of(svc);

	return plug ? rows.held[plug->first + i].fd : -1;
}

/* ---- the main process ---- */

static int open_end(int ends[2], enum source source, uint32_t svc, int *ours, int *theirs)
{
	ends[1] = process_move_fd(ends[1]);
	if (ends[1] >= 0 && fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0
	    && loop_watch(ends[0], source, svc, ROLE_MAIN) == 0) {
		*ours = ends[0];
		*theirs = ends[1];
		return 0;
	}
	close(ends[0]);
	if (ends[1] >= 0)
		close(ends[1]);
	return -1;
}

int plugs_open_ready(uint32_t svc, int *fd)
{
	struct plug *plug = plug_of(svc);
	int ends[2];

	if (!plug || pipe2(ends, O_CLOEXEC) < 0)
		return -1;
	plug->ready_bytes = 0;
	return open_end(ends, SOURCE_READY, svc, &plug->ready_fd, fd);
}

int plugs_open_control(uint32_t svc, int *fd)
{
	struct plug *plug = plug_of(svc);
	int ends[2], no = 0;

	if (!plug || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return -1;
	setsockopt(ends[0], SOL_SOCKET, SO_PASSRIGHTS, &no, sizeof no); /* if the kernel can */
	return open_end(ends, SOURCE_CONTROL, svc, &plug->control_fd, fd);
}

/* 1 a newline came, 0 none so far, -1 there will be none. */
static int hear(struct plug *plug)
{
	char buf[256];
	ssize_t n;

	while ((n = read(plug->ready_fd, buf, sizeof buf)) > 0) {
		plug->ready_bytes += (uint32_t)n;
		if (memchr(buf, '\n', (size_t)n))
			return 1;
		if (plug->ready_bytes > READY_BYTES_MAX)
			return -1;
	}
	return n < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : -1;
}

bool plugs_is_ready(uint32_t svc)
{
	struct plug *plug = plug_of(svc);
	int r = plug && plug->ready_fd >= 0 ? hear(plug) : 0;

	if (r < 0 && plug->ready_bytes > READY_BYTES_MAX)
		say(config_name(shell.config, svc), "ready", "there is no newline in what it writes");
	if (r)
		close_end(&plug->ready_fd);
	return r > 0;
}

void plugs_hang_up(uint32_t svc)
{
	struct plug *plug = plug_of(svc);

	if (!plug)
		return;
	close_end(&plug->ready_fd);
	close_end(&plug->control_fd);
}

/* ---- pools ---- */

bool plugs_is_pool(uint32_t svc)
{
	const struct conf_extra *x = extra_of(svc);

	return x && x->pool;
}

int plugs_control_fd(uint32_t svc)
{
	const struct plug *plug = plug_of(svc);

	return plug ? plug->control_fd : -1;
}

void plugs_close_control(uint32_t svc)
{
	struct plug *plug = plug_of(svc);

	if (plug)
		close_end(&plug->control_fd);
}

/* ---- words ---- */

void plugs_set_words(uint32_t svc, const char *words, size_t n)
{
	char *at = extra_of(svc) ? rows.words[row_of(svc)] : NULL;

	if (!at || (!n && !at[0]))
		return;
	n = strnlen(words, n < WORDS_MAX - 1 ? n : WORDS_MAX - 1);
	memcpy(at, words, n);
	at[n] = '\0';
}

const char *plugs_words(uint32_t svc)
{
	return extra_of(svc) ? rows.words[row_of(svc)] : "";
}

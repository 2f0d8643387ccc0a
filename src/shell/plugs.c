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

/* Sorted by service. */
struct rows {
	void *memory;
	size_t bytes;
	uint32_t *svc;
	struct plug *plug;
	struct held *held;
	char (*words)[WORDS_MAX]; /* apart: hardly any of it is ever touched */
	uint32_t n;
};

static struct rows rows, next;

/* ---- finding ---- */

/* The row of a service, or r->n. */
static uint32_t row_in(const struct rows *r, uint32_t svc)
{
	uint32_t low = 0, high = r->n;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (r->svc[middle] < svc)
			low = middle + 1;
		else
			high = middle;
	}
	return low < r->n && r->svc[low] == svc ? low : r->n;
}

static struct plug *plug_of(uint32_t svc)
{
	uint32_t row = row_in(&rows, svc);

	return row < rows.n ? &rows.plug[row] : NULL;
}

bool plugs_has(uint32_t svc)
{
	return row_in(&rows, svc) < rows.n;
}

/* The lines of its sockets: *n of them. */
static const char *lines_of(const struct config *c, uint32_t svc, uint32_t *n)
{
	const struct value *listen = config_value(c, svc, ENTRY_LISTEN);

	*n = listen ? listen->n : 0;
	return listen ? config_strings(c, listen) : "";
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

static bool has_more(const struct config *c, uint32_t svc)
{
	static const uint8_t more[] = {ENTRY_LISTEN, ENTRY_READY, ENTRY_USER, ENTRY_GROUP, ENTRY_GROUPS,
	                               ENTRY_POOL};

	for (size_t k = 0; k < sizeof more; k++)
		if (config_value(c, svc, (enum entry_id)more[k]))
			return true;
	return false;
}

static void count(const struct config *c, uint32_t *n_rows, uint32_t *n_sockets)
{
	uint32_t n;

	*n_rows = *n_sockets = 0;
	for (uint32_t i = 0; i < c->n; i++) {
		lines_of(c, i, &n);
		*n_rows += has_more(c, i);
		*n_sockets += n;
	}
}

static void set_empty(struct rows *r, const struct config *c)
{
	uint32_t first = 0, row = 0, n;

	for (uint32_t i = 0; i < c->n; i++) {
		if (!has_more(c, i))
			continue;
		r->svc[row] = i;
		r->plug[row++] = (struct plug){.first = first, .ready_fd = -1, .control_fd = -1};
		lines_of(c, i, &n);
		first += n;
	}
	for (uint32_t k = 0; k < first; k++)
		r->held[k] = (struct held){.fd = -1};
}

int plugs_prepare(const struct config *fresh)
{
	uint32_t n, n_sockets;
	size_t plugs, sockets, svcs;
	char *memory;

	free_rows(&next);
	count(fresh, &n, &n_sockets);
	if (!n)
		return 0;
	plugs = aligned(n * sizeof(struct plug));
	sockets = aligned(n_sockets * sizeof(struct held));
	svcs = aligned(n * sizeof(uint32_t));
	next.bytes = plugs + sockets + svcs + n * (size_t)WORDS_MAX;
	memory = mmap(NULL, next.bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		return -1;
	next.memory = memory;
	next.plug = (struct plug *)(void *)memory;
	next.held = (struct held *)(void *)(memory + plugs);
	next.svc = (uint32_t *)(void *)(memory + plugs + sockets);
	next.words = (char (*)[WORDS_MAX])(void *)(memory + plugs + sockets + svcs);
	next.n = n;
	set_empty(&next, fresh);
	return 0;
}

/* The first line that is the same and whose socket is not open yet. */
static struct held *place_for(const struct config *fresh, uint32_t row, const char *line)
{
	struct held *held = next.held + next.plug[row].first;
	uint32_t n;
	const char *at = lines_of(fresh, next.svc[row], &n);

	for (uint32_t i = 0; i < n; i++, at = string_after(at))
		if (held[i].fd < 0 && strcmp(at, line) == 0)
			return &held[i];
	return NULL;
}

/* Row `from` moves to row `to` of the fresh tree. */
static void move(uint32_t from, const struct config *fresh, uint32_t to, uint32_t svc)
{
	struct plug *old = &rows.plug[from], *plug = &next.plug[to];
	struct held *held = rows.held + old->first, *place;
	uint32_t n;
	const char *line = lines_of(shell.config, rows.svc[from], &n);

	for (uint32_t i = 0; i < n; i++, line = string_after(line)) {
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
	struct plug *plug = &rows.plug[row];
	uint32_t n;
	const char *line = lines_of(shell.config, rows.svc[row], &n);

	for (uint32_t i = 0; i < n; i++, line = string_after(line))
		held_give_up(&rows.held[plug->first + i], line);
	close_end(&plug->ready_fd);
	close_end(&plug->control_fd);
}

void plugs_adopt(const struct config *fresh, const uint32_t *map)
{
	for (uint32_t i = 0; i < rows.n; i++) {
		uint32_t now = map ? map[rows.svc[i]] : NO_SVC;
		uint32_t to = now == NO_SVC ? next.n : row_in(&next, now);

		if (to < next.n)
			move(i, fresh, to, now);
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
	const struct plug *plug = plug_of(svc);
	uint32_t n;
	const char *at = lines_of(shell.config, svc, &n);

	for (uint32_t i = 0; plug && i < n; i++, at = string_after(at)) {
		struct held *held = &rows.held[plug->first + i];

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
	return plugs_has(svc) && config_value(shell.config, svc, ENTRY_POOL);
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
	uint32_t row = row_in(&rows, svc);
	char *at = row < rows.n ? rows.words[row] : NULL;

	if (!at || (!n && !at[0]))
		return;
	n = strnlen(words, n < WORDS_MAX - 1 ? n : WORDS_MAX - 1);
	memcpy(at, words, n);
	at[n] = '\0';
}

const char *plugs_words(uint32_t svc)
{
	uint32_t row = row_in(&rows, svc);

	return row < rows.n ? rows.words[row] : "";
}

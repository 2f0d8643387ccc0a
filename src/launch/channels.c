/* channels.c - the rows, and what is done with their descriptors. */
#include "src/launch/channels.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "src/launch/fd.h"
#include "src/limits.h"
#include "src/tree/address.h"

#ifndef SO_PASSRIGHTS
#define SO_PASSRIGHTS 83 /* since Linux 6.16 */
#endif

/* ---- finding ---- */

/* The first row of a service, or where it would be. */
static uint32_t first_of(const struct channels *c, uint32_t svc)
{
	uint32_t low = 0, high = c->n;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (c->row[middle].svc < svc)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct channel *find(const struct channels *c, uint32_t svc, enum channel_role role,
                            uint32_t line)
{
	for (uint32_t i = first_of(c, svc); i < c->n && c->row[i].svc == svc; i++)
		if (c->row[i].role == role && c->row[i].line == line)
			return &c->row[i];
	return NULL;
}

/* The text of line k of `listen`. */
static const char *line_of(const struct rows *rows, uint32_t k)
{
	const char *line = rows_word(rows, ENTRY_LISTEN);

	while (line && k--)
		line = string_after(line);
	return line ? line : "";
}

static const char *text_of(const struct config *config, const struct channel *ch)
{
	struct rows rows = config_rows(config, ch->svc);

	return line_of(&rows, ch->line);
}

/* ---- with the tree ---- */

/* The rows of one service at `to`, which may be NULL: how many. */
static uint32_t lay_out(const struct config *config, uint32_t svc, struct channel *to)
{
	struct rows rows = config_rows(config, svc);
	const struct value *listen = rows_find(&rows, ENTRY_LISTEN);
	bool pool = rows_find(&rows, ENTRY_POOL), ready = pool || rows_find(&rows, ENTRY_READY);
	uint32_t n_lines = listen ? listen->n : 0, n = n_lines + ready + pool;

	for (uint32_t i = 0; to && i < n; i++) {
		enum channel_role role = i < n_lines ? CHANNEL_SOCKET
		                         : i == n_lines ? CHANNEL_READY : CHANNEL_CONTROL;

		to[i] = (struct channel){.svc = svc, .role = (uint8_t)role, .held.fd = -1,
		                         .line = (uint16_t)(role == CHANNEL_SOCKET ? i : 0)};
	}
	return n;
}

int channels_prepare(struct channels *c, const struct config *config)
{
	void *at;

	*c = (struct channels){.n = 0};
	for (uint32_t i = 0; i < config->n; i++)
		c->n += lay_out(config, i, NULL);
	if (!c->n)
		return 0;
	c->bytes = c->n * sizeof *c->row;
	at = mmap(NULL, c->bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (at == MAP_FAILED) {
		c->n = 0;
		return -1;
	}
	c->row = at;
	for (uint32_t i = 0, n = 0; i < config->n; i++)
		n += lay_out(config, i, c->row + n);
	return 0;
}

void channels_free(struct channels *c)
{
	if (c->row)
		munmap(c->row, c->bytes);
	*c = (struct channels){.n = 0};
}

/* The row of the new tree that a channel goes on in: of the same role, and of the first equal
 * line whose socket is not open yet. */
static struct channel *place_for(const struct channels *now, const struct config *config,
                                 uint32_t svc, const struct channel *was, const char *line)
{
	struct rows rows = config_rows(config, svc);

	for (uint32_t i = first_of(now, svc); i < now->n && now->row[i].svc == svc; i++) {
		struct channel *ch = &now->row[i];

		if (ch->role == was->role && ch->held.fd < 0
		    && (ch->role != CHANNEL_SOCKET || strcmp(line_of(&rows, ch->line), line) == 0))
			return ch;
	}
	return NULL;
}

static void close_channel(struct channel *ch, const struct channel_watch *w)
{
	if (ch->held.fd < 0)
		return;
	if (ch->role != CHANNEL_SOCKET)
		w->unwatch(ch->held.fd);
	held_close(&ch->held);
}

/* Those that are closed, and the tree that knows their paths. */
struct closing {
	const struct channels *channels;
	const struct config *config;
};

static bool has_file(const struct channel *ch)
{
	return ch->held.fd >= 0 && ch->held.is_file;
}

static void remove_files(void *arg)
{
	const struct closing *closing = arg;
	const struct channels *c = closing->channels;

	for (uint32_t i = 0; i < c->n; i++)
		if (has_file(&c->row[i]))
			held_remove_file(&c->row[i].held, text_of(closing->config, &c->row[i]));
}

/* One process removes the files of all sockets: nobody knows what lies behind a path. */
static void close_all(struct channels *c, const struct config *config, const struct channel_watch *w)
{
	struct closing closing = {c, config};
	bool files = false;

	for (uint32_t i = 0; i < c->n && !files; i++)
		files = has_file(&c->row[i]);
	if (files)
		w->aside("files of sockets are left", remove_files, &closing);
	for (uint32_t i = 0; i < c->n; i++)
		close_channel(&c->row[i], w);
}

static void move(struct channel *was, struct channel *now, const struct channel_watch *w)
{
	now->held = was->held;
	now->bytes = was->bytes;
	was->held = (struct held){.fd = -1};
	if (now->role != CHANNEL_SOCKET)
		w->rewatch(now->held.fd, (enum channel_role)now->role, now->svc);
}

void channels_move(struct channels *was, const struct config *config_was, struct channels *now,
                   const struct config *config, const uint32_t *map, const struct channel_watch *w)
{
	for (uint32_t i = 0; i < was->n; i++) {
		struct channel *ch = &was->row[i], *place = NULL;
		uint32_t svc = map ? map[ch->svc] : NO_SVC;
		const char *line = ch->role == CHANNEL_SOCKET ? text_of(config_was, ch) : "";

		if (ch->held.fd >= 0 && svc != NO_SVC)
			place = place_for(now, config, svc, ch, line);
		if (place)
			move(ch, place, w);
	}
	close_all(was, config_was, w); /* what has moved is not open there any more */
	channels_free(was);
}

void channels_end(struct channels *c, const struct config *config, const struct channel_watch *w)
{
	close_all(c, config, w);
}

/* ---- sockets ---- */

static bool has_path(const char *line)
{
	struct listen_address a;
	const char *why;

	return listen_parse(line, strlen(line), &a, &why) == 0 && listen_path(&a);
}

int channels_listen(struct channels *c, const struct rows *rows, uint32_t svc, const char **line)
{
	*line = line_of(rows, 0);
	for (uint32_t i = first_of(c, svc); i < c->n && c->row[i].svc == svc; i++) {
		struct channel *ch = &c->row[i];

		if (ch->role != CHANNEL_SOCKET)
			continue;
		if (ch->held.fd < 0 && !has_path(*line)
		    && held_open(&ch->held, *line, (uid_t)-1, (gid_t)-1) < 0)
			return -1;
		*line = string_after(*line);
	}
	return 0;
}

bool channels_take(struct channels *c, uint32_t svc, uint32_t line, const struct held *held)
{
	struct channel *ch = find(c, svc, CHANNEL_SOCKET, line);
	struct held moved = *held;

	moved.fd = fd_move_up(held->fd);
	if (!ch || ch->held.fd >= 0 || moved.fd < 0) {
		if (moved.fd >= 0)
			close(moved.fd);
		return false;
	}
	ch->held = moved;
	return true;
}

int channels_fd(const struct channels *c, uint32_t svc, enum channel_role role, uint32_t line)
{
	const struct channel *ch = find(c, svc, role, line);

	return ch ? ch->held.fd : -1;
}

/* ---- what the main process speaks by ---- */

static int make_ends(enum channel_role role, int ends[2])
{
	int no = 0;

	if (role == CHANNEL_READY)
		return pipe2(ends, O_CLOEXEC);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return -1;
	setsockopt(ends[0], SOL_SOCKET, SO_PASSRIGHTS, &no, sizeof no); /* if the kernel can */
	return 0;
}

int channels_open(struct channels *c, uint32_t svc, enum channel_role role,
                  const struct channel_watch *w, int *theirs)
{
	struct channel *ch = find(c, svc, role, 0);
	int ends[2];

	if (!ch || make_ends(role, ends) < 0)
		return -1;
	ends[1] = fd_move_up(ends[1]);
	if (ends[1] >= 0 && fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0
	    && w->watch(ends[0], role, svc) == 0) {
		ch->held.fd = ends[0];
		ch->bytes = 0;
		*theirs = ends[1];
		return 0;
	}
	close(ends[0]);
	if (ends[1] >= 0)
		close(ends[1]);
	return -1;
}

int channels_hear_ready(struct channels *c, uint32_t svc, const struct channel_watch *w,
                        bool *babbles)
{
	struct channel *ch = find(c, svc, CHANNEL_READY, 0);
	char buf[256];
	ssize_t n = 0;
	int r = -1;

	*babbles = false;
	if (!ch || ch->held.fd < 0)
		return 0;
	while (r < 0 && !*babbles && (n = read(ch->held.fd, buf, sizeof buf)) > 0) {
		ch->bytes += (uint32_t)n;
		r = memchr(buf, '\n', (size_t)n) ? 1 : -1;
		*babbles = r < 0 && ch->bytes > READY_BYTES_MAX;
	}
	if (r < 0 && !*babbles && n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	close_channel(ch, w);
	return r;
}

void channels_close(struct channels *c, uint32_t svc, enum channel_role role,
                    const struct channel_watch *w)
{
	struct channel *ch = find(c, svc, role, 0);

	if (ch)
		close_channel(ch, w);
}

/* extra.c - reads what few services have: `listen`, `ready`, `user`, `group`, `groups`
 * and pool/.  What cannot be understood refuses the service: it never runs with more
 * rights, or fewer sockets, than was meant. */
#include <string.h>

#include "src/tree/entries.h"
#include "src/tree/loader.h"
#include "src/tree/table.h"
#include "src/limits.h"
#include "src/tree/address.h"
#include "src/tree/pool_conf.h"

#define FIRST_FD 3  /* of the listening sockets */
#define READY_MAX 63

struct conf_extra *loader_extra(struct loader *l, uint32_t svc)
{
	struct conf_extra *x = vec_add(&l->extras, sizeof *x);

	if (!x) {
		loader_fail(l, "out of memory");
		return NULL;
	}
	*x = (struct conf_extra){.svc = svc, .ready_fd = -1};
	draft_at(l, svc)->conf.extra = (uint32_t)(l->extras.len / sizeof *x);
	return x;
}

/* ---- users and groups ---- */

/* Why this cannot be a name or number, or NULL. */
static const char *judge_name(const char *word, size_t n)
{
	uint32_t id;

	if (!n || strcspn(word, " \t\r\n:") < n) /* or a NUL before */
		return "not one name or number";
	if (strspn(word, "0123456789") == n && !table_number(word, n, &id))
		return "not a number up to 4294967294";
	return NULL;
}

/* A file with one word, which becomes a string. */
static void read_name(struct loader *l, int dir_fd, uint32_t svc, const char *file, uint32_t *string)
{
	char word[CONFIG_VALUE_MAX + 2]; /* one more shows that a file is too long */
	const char *why;
	size_t n;

	if (loader_read_small(l, dir_fd, svc, file, word, CONFIG_VALUE_MAX + 1, &n) <= 0)
		return;
	if (n > CONFIG_VALUE_MAX) {
		loader_refuse(l, svc, file, "", "longer than 64 bytes");
		return;
	}
	if (n && word[n - 1] == '\n')
		n--;
	word[n] = '\0';
	why = judge_name(word, n);
	if (why)
		loader_refuse(l, svc, file, "", why);
	else
		*string = loader_string(l, word, n);
}

static void read_groups(struct loader *l, int dir_fd, uint32_t svc, struct conf_extra *x)
{
	uint32_t at, n, k;
	const char *word, *why = NULL;

	if (loader_read_lines(l, dir_fd, svc, "groups", LINE_PLAIN, &at, &n) <= 0)
		return;
	word = l->strings.at + at;
	for (k = 0; k < n && !(why = judge_name(word, strlen(word))); k++)
		word += strlen(word) + 1;
	if (why) {
		loader_refuse(l, svc, "groups", word, why);
	} else if (n > IDS_GROUPS_MAX) {
		loader_refuse(l, svc, "groups", "", "more than 64 groups");
	} else {
		x->has_groups = true;
		x->groups = at;
		x->n_groups = (uint16_t)n;
	}
}

/* ---- sockets ---- */

/* Why line k of `listen`, which is parsed into all[k], cannot be; or NULL. */
static const char *judge_socket(const char *line, struct listen_address *all, uint32_t k)
{
	const char *why;

	if (k == LISTEN_MAX)
		return "more than 32 sockets";
	if (listen_parse(line, strlen(line), &all[k], &why) < 0)
		return why;
	for (uint32_t i = 0; i < k; i++)
		if (listen_same(&all[i], &all[k]))
			return "is there twice";
	return NULL;
}

static void read_listen(struct loader *l, int dir_fd, uint32_t svc, struct conf_extra *x)
{
	struct listen_address all[LISTEN_MAX];
	uint32_t at, n, k;
	const char *line, *why = NULL;

	if (loader_read_lines(l, dir_fd, svc, "listen", LINE_PLAIN, &at, &n) <= 0)
		return;
	line = l->strings.at + at;
	for (k = 0; k < n && !(why = judge_socket(line, all, k)); k++)
		line += strlen(line) + 1;
	if (why) {
		loader_refuse(l, svc, "listen", line, why);
		return;
	}
	x->listen = at;
	x->n_listen = (uint16_t)n;
}

/* ---- being ready ---- */

/* "fd N": N, or -1. */
static int parse_fd(const char *value, size_t n)
{
	uint64_t fd;

	if (n <= 3 || memcmp(value, "fd ", 3) != 0 || !parse_u64(value + 3, n - 3, READY_MAX, &fd)
	    || fd < FIRST_FD)
		return -1;
	return (int)fd;
}

static bool is_later(const char *value, size_t n)
{
	return (n == 6 && memcmp(value, "notify", 6) == 0) || (n == 5 && memcmp(value, "check", 5) == 0);
}

static void take_ready(struct loader *l, uint32_t svc, const char *value, size_t n,
                       struct conf_extra *x)
{
	int fd = parse_fd(value, n);

	if (is_later(value, n)) {
		loader_report(l, FINDING_WARNING, svc, "ready", "", "not built yet, ignored");
	} else if (fd < 0) {
		loader_refuse(l, svc, "ready", "", "not `fd N` with a number from 3 to 63");
	} else if (fd < FIRST_FD + x->n_listen) {
		loader_refuse(l, svc, "ready", "", "the number is that of a socket of `listen`");
	} else {
		x->ready_fd = (int16_t)fd;
		draft_at(l, svc)->kind |= KIND_READY;
	}
}

/* Behind `listen` and pool/: it has to fit the first, and the other has its own. */
static void read_ready(struct loader *l, int dir_fd, uint32_t svc, struct conf_extra *x)
{
	char value[CONFIG_VALUE_MAX + 1];
	const unsigned kept = KIND_ON | KIND_RESPAWN;
	const char *ignored = NULL;
	size_t n;

	if (x->pool)
		ignored = "a pool is ready by its own word, ignored";
	else if ((draft_at(l, svc)->kind & kept) != kept)
		ignored = "there is no program that is kept running, ignored";
	if (ignored) {
		loader_report(l, FINDING_WARNING, svc, "ready", "", ignored);
		return;
	}
	if (loader_read_small(l, dir_fd, svc, "ready", value, sizeof value, &n) <= 0)
		return;
	if (n && n < sizeof value && value[n - 1] == '\n')
		n--;
	take_ready(l, svc, value, n, x);
}

/* ---- pools ---- */

/* Sockets that were refused have been spoken of. */
static const char *judge_pool(const struct pool_conf *pool, unsigned has, bool refused,
                              const struct conf_extra *x)
{
	if (has & ENTRY_ON && pool->has_modules)
		return "has both `on` and pool/modules";
	if (!(has & ENTRY_ON) && !pool->has_modules)
		return "has neither `on` nor pool/modules";
	return x->n_listen || refused ? NULL : "has no socket in `listen`";
}

static void read_pool(struct loader *l, int dir_fd, uint32_t svc, unsigned has, struct conf_extra *x)
{
	char where[POOL_WHERE_MAX];
	struct pool_conf pool;
	const char *why;

	if (pool_conf_read(dir_fd, &pool, where, &why) < 0) {
		loader_refuse(l, svc, where, "", why);
		return;
	}
	x->pool = true;
	draft_at(l, svc)->kind |= KIND_ON | KIND_RESPAWN | KIND_READY;
	why = judge_pool(&pool, has, draft_at(l, svc)->kind & KIND_REFUSED, x);
	if (why)
		loader_refuse(l, svc, "pool", "", why);
}

/* ---- all of it ---- */

static void read_sockets(struct loader *l, int dir_fd, uint32_t svc, unsigned has,
                         struct conf_extra *x)
{
	if (has & (ENTRY_ON | ENTRY_POOL))
		read_listen(l, dir_fd, svc, x);
	else
		loader_report(l, FINDING_WARNING, svc, "listen", "",
		              "there is no `on` that could have the sockets, ignored");
}

void loader_read_extra(struct loader *l, int dir_fd, uint32_t svc, unsigned has)
{
	struct conf_extra *x = loader_extra(l, svc);

	if (x && has & ENTRY_LISTEN)
		read_sockets(l, dir_fd, svc, has, x);
	if (x && has & ENTRY_USER)
		read_name(l, dir_fd, svc, "user", &x->user);
	if (x && has & ENTRY_GROUP)
		read_name(l, dir_fd, svc, "group", &x->group);
	if (x && has & ENTRY_GROUPS)
		read_groups(l, dir_fd, svc, x);
	if (x && has & ENTRY_POOL)
		read_pool(l, dir_fd, svc, has, x);
	if (x && has & ENTRY_READY)
		read_ready(l, dir_fd, svc, x);
}

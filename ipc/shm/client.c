/* client.c - the client's side of the shm method: slots for requests, and the
 * board, which needs none. */
#include "ipc/client.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "ipc/shm/ipc.h"
#include "ipc/sysv.h"

#define FUTEX_WAIT_ALL_PROCESSES 0 /* FUTEX_WAIT of <linux/futex.h>, not private */
#define PATIENCE_MS 1000           /* for segments to be made; between looks at the holder */
#define PROBE_MS 2                 /* between tries for a slot */
#define RECLAIM_EVERY 16           /* of these tries, one looks for the dead */

/* ---- segments ---- */

/* Finds and attaches the holder's segment: NULL with errno ENOENT or EACCES. */
static void *find(const struct ipc_client *c, enum sysv_kind kind, unsigned mode, size_t size,
                  int flags, int *found)
{
	struct shmid_ds ds;
	int err = ENOENT;

	for (unsigned try = 0; try < SYSV_PROBES; try++) {
		int id = shmget(sysv_object_key(&c->holder, kind, try), 0, 0);
		void *at;

		if (id < 0)
			continue;
		if (shmctl(id, IPC_STAT, &ds) < 0) {
			err = errno == EACCES ? EACCES : err;
			continue;
		}
		if (!sysv_is_ours(&ds.shm_perm, c->holder.uid, mode) || ds.shm_segsz != size
		    || (c->holder.pid && ds.shm_cpid != c->holder.pid))
			continue;
		at = shmat(id, NULL, flags);
		if ((intptr_t)at != -1) {
			*found = id;
			return at;
		}
		err = errno;
	}
	errno = err;
	return NULL;
}

static void pause_ms(int64_t ms)
{
	struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};

	nanosleep(&t, NULL);
}

static bool is_ready(const struct slots *s)
{
	return atomic_load(&s->magic) == SHM_MAGIC && atomic_load(&s->version) == IPC_VERSION;
}

static void leave_slots(struct ipc_client *c)
{
	if (c->slots)
		shmdt(c->slots);
	c->slots = NULL;
}

/* Where there are none, the holder is rung: it makes them anew. */
static int reach_slots(struct ipc_client *c)
{
	int64_t until = record_now_ms() + PATIENCE_MS;

	for (int64_t wait = 1; !c->slots; wait *= 2) {
		c->slots = find(c, SYSV_SLOTS, 0600, sizeof *c->slots, 0, &c->slots_id);
		if (c->slots && is_ready(c->slots))
			break;
		if (c->slots)
			errno = ENOENT;
		leave_slots(c);
		if (errno == EACCES || record_now_ms() >= until)
			return -1;
		if (sysv_ring(c->holder.pid) < 0)
			return -1;
		pause_ms(wait < 100 ? wait : 100);
	}
	c->pid = c->holder.below ? 0 : getpid();
	return 0;
}

/* ---- the board ---- */

static uint32_t board_read_begin(const struct ipc_client *c)
{
	return atomic_load_explicit(&c->board->sequence, memory_order_acquire);
}

static bool board_read_end(const struct ipc_client *c, uint32_t sequence)
{
	atomic_thread_fence(memory_order_acquire);
	return !(sequence & 1)
	       && atomic_load_explicit(&c->board->sequence, memory_order_relaxed) == sequence;
}

/* The item of a row that may be believed. */
static bool item_of(const struct board_row *row, uint32_t stamp, struct ipc_item *item)
{
	if (row->row_flags & ROW_ASK || (row->row_flags & ROW_PASSING && row->stamp != stamp))
		return false;
	if (!row->name_len || row->name_len + row->detail_len > SHM_ROW_TEXT)
		return false;
	*item = (struct ipc_item){
		.state = row->state, .why = row->why, .flags = row->flags,
		.crashes = row->crashes, .end = row->end, .pid = row->pid,
		.name_len = row->name_len, .detail_len = row->detail_len,
		.other_state = row->other_state, .other_end = row->other_end,
		.since_ms = row->since_ms, .deadline_ms = row->deadline_ms,
	};
	memcpy(item->name, row->text, row->name_len);
	memcpy(item->detail, row->text + row->name_len, row->detail_len);
	return true;
}

static uint32_t rows_on_board(const struct ipc_client *c)
{
	uint32_t n = atomic_load_explicit(&c->board->n, memory_order_relaxed);

	return n < IPC_BOARD_ROWS ? n : IPC_BOARD_ROWS;
}

static bool find_row(const struct ipc_client *c, const char *name, size_t n, struct board_row *row)
{
	uint32_t rows = rows_on_board(c);

	for (uint32_t i = 0; i < rows; i++) {
		cells_read(row, c->board->row[i], offsetof(struct board_row, text) / sizeof(shm_cell));
		if (row->name_len != n)
			continue;
		cells_read(row, c->board->row[i], ROW_CELLS);
		if (n <= sizeof row->text && memcmp(row->text, name, n) == 0)
			return true;
	}
	return false;
}

int ipc_board_item(struct ipc_client *c, const char *name, size_t n, struct ipc_item *item)
{
	for (unsigned i = 0; c->board && i < SHM_READS; i++) {
		uint32_t sequence = board_read_begin(c);
		uint32_t stamp = atomic_load_explicit(&c->board->stamp, memory_order_relaxed);
		struct board_row row;
		bool found = stamp && find_row(c, name, n, &row);

		if (board_read_end(c, sequence))
			return found && item_of(&row, stamp, item) ? 0 : -1;
	}
	return -1;
}

/* All rows as they stand: how many, or -1. */
static int64_t copy_rows(const struct ipc_client *c, struct board_row *rows, uint32_t *stamp)
{
	for (unsigned i = 0; i < SHM_READS; i++) {
		uint32_t sequence = board_read_begin(c);
		uint32_t n = atomic_load_explicit(&c->board->n, memory_order_relaxed);

		*stamp = atomic_load_explicit(&c->board->stamp, memory_order_relaxed);
		for (uint32_t k = 0; k < n && n <= IPC_BOARD_ROWS; k++)
			cells_read(&rows[k], c->board->row[k], ROW_CELLS);
		if (board_read_end(c, sequence))
			return *stamp && n <= IPC_BOARD_ROWS ? (int64_t)n : -1;
	}
	return -1;
}

int ipc_board_items(struct ipc_client *c, struct ipc_item **items, size_t *n)
{
	uint32_t room = IPC_BOARD_ROWS, stamp = 0;
	struct board_row *rows = malloc(room * sizeof *rows);
	int64_t got = rows && c->board ? copy_rows(c, rows, &stamp) : -1;
	int64_t i = 0;

	*items = got >= 0 ? malloc((size_t)(got ? got : 1) * sizeof **items) : NULL;
	while (*items && i < got && item_of(&rows[i], stamp, &(*items)[i]))
		i++;
	free(rows);
	*n = (size_t)i;
	if (*items && i == got)
		return 0;
	free(*items);
	*items = NULL;
	return -1;
}

static void leave_board(struct ipc_client *c)
{
	if (c->board)
		shmdt(c->board);
	c->board = NULL;
}

static void reach_board(struct ipc_client *c)
{
	int id;

	c->board = find(c, SYSV_BOARD, 0444, sizeof *c->board, SHM_RDONLY, &id);
	if (c->board && (atomic_load(&c->board->magic) != SHM_MAGIC
	                 || atomic_load(&c->board->version) != IPC_VERSION))
		leave_board(c);
}

/* ---- connection ---- */

int ipc_connect(struct ipc_client *c, const char *rundir)
{
	c->rundir = rundir;
	c->slots_id = -1;
	c->slots = NULL;
	c->board = NULL;
	c->last = c->n_asked = 0;
	c->pid = 0;
	if (sysv_find(rundir, &c->holder) < 0 || strcmp(c->holder.method, "shm") != 0) {
		errno = ENOENT;
		return -1;
	}
	reach_board(c);
	return c->board ? 0 : reach_slots(c);
}

/* Frees a slot that is ours, whatever has become of it. */
static void give_back(const struct ipc_client *c, const struct shm_asked *a)
{
	uint64_t word = a->denied ? 0 : atomic_load(&c->slots->word[a->slot]);

	while (!a->denied && word >> 3 == a->word >> 3 && word_state(word) != SLOT_FREE)
		if (atomic_compare_exchange_weak(&c->slots->word[a->slot], &word,
		                                 word_with(word, SLOT_FREE)))
			return;
}

void ipc_leave(struct ipc_client *c)
{
	while (c->n_asked)
		give_back(c, &c->asked[--c->n_asked]);
}

void ipc_close(struct ipc_client *c)
{
	ipc_leave(c);
	leave_slots(c);
	leave_board(c);
}

/* Are the segment and its server still the ones that we connected to? */
static bool is_served(const struct ipc_client *c)
{
	struct sysv_holder now;
	struct shmid_ds ds;

	return sysv_find(c->rundir, &now) == 0 && now.pid == c->holder.pid && now.slot == c->holder.slot
	       && shmctl(c->slots_id, IPC_STAT, &ds) == 0 && !(ds.shm_perm.mode & SHM_DEST);
}

/* ---- requests ---- */

static bool is_dead(uint64_t word)
{
	pid_t pid = word_pid(word);

	return pid > 0 && kill(pid, 0) < 0 && errno == ESRCH;
}

/* Claims a slot that is free, or with `reclaim`, one whose client has died. */
static bool claim(struct ipc_client *c, bool reclaim, struct shm_asked *a)
{
	for (uint32_t k = 0; k <= SHM_SLOTS; k++) {
		uint32_t i = k ? k - 1 : c->last;
		uint64_t word = atomic_load_explicit(&c->slots->word[i], memory_order_relaxed), mine;

		if (word_state(word) != SLOT_FREE && !(reclaim && c->pid && is_dead(word)))
			continue;
		mine = word_claimed(word, c->pid);
		if (!atomic_compare_exchange_strong(&c->slots->word[i], &word, mine))
			continue;
		a->slot = c->last = i;
		a->word = mine;
		return true;
	}
	return false;
}

/* Bytes behind the last whole cell leave the rest of theirs as it was. */
static void write_request(shm_cell *to, const void *bytes, size_t n)
{
	size_t whole = n / sizeof *to, rest = n % sizeof *to;
	unsigned long cell;

	cells_write(to, bytes, whole);
	if (!rest)
		return;
	cells_read(&cell, to + whole, 1);
	memcpy(&cell, (const char *)bytes + whole * sizeof *to, rest);
	cells_write(to + whole, &cell, 1);
}

static int publish(struct ipc_client *c, struct shm_asked *a, const void *bytes, size_t n)
{
	uint64_t word = a->word;

	a->word = word_with(word, SLOT_PUBLISHED);
	write_request(c->slots->slot[a->slot].request, bytes,
	              n < sizeof(struct ipc_record) ? n : sizeof(struct ipc_record));
	if (!atomic_compare_exchange_strong(&c->slots->word[a->slot], &word, a->word)) {
		errno = ECONNRESET; /* the segment was given up meanwhile */
		return -1;
	}
	atomic_fetch_or(&c->slots->asked[a->slot / 64], (uint64_t)1 << a->slot % 64);
	return 0;
}

/* The slots may have been given up, and made anew, since we found them. */
static int renew_slots(struct ipc_client *c)
{
	if (c->slots && !c->n_asked && !is_ready(c->slots))
		leave_slots(c);
	return c->slots ? 0 : reach_slots(c);
}

/* Whose answer it will be, as far as these bytes tell. */
static struct shm_asked asked_by(const void *bytes, size_t n)
{
	struct ipc_record r;

	if (n < offsetof(struct ipc_record, payload))
		return (struct shm_asked){.slot = 0};
	memcpy(&r, bytes, offsetof(struct ipc_record, payload));
	return (struct shm_asked){.id = r.id, .verb = r.verb};
}

static int deny(struct ipc_client *c, struct shm_asked *a)
{
	a->denied = true;
	c->asked[c->n_asked++] = *a;
	return 0;
}

/* 0, or -1 with errno; EAGAIN: all slots are taken, `reclaim`: by the living. */
static int post(struct ipc_client *c, const void *bytes, size_t n, bool reclaim)
{
	struct shm_asked a = asked_by(bytes, n);

	if (renew_slots(c) < 0)
		return errno == EACCES ? deny(c, &a) : -1;
	if (!claim(c, false, &a) && !(reclaim && claim(c, true, &a))) {
		if (reclaim)
			ipc_ring(c); /* the server may know of more that can be freed */
		errno = EAGAIN;
		return -1;
	}
	if (publish(c, &a, bytes, n) < 0)
		return -1;
	if (sysv_ring(c->holder.pid) < 0) {
		int err = errno;

		give_back(c, &a);
		errno = err == ESRCH ? ECONNRESET : err;
		return -1;
	}
	c->asked[c->n_asked++] = a;
	return 0;
}

/* The word of a slot says whose it is. */
void ipc_sign(struct ipc_client *c, struct ipc_record *r)
{
	(void)c;
	(void)r;
}

int ipc_post(struct ipc_client *c, const void *bytes, size_t n)
{
	if (c->n_asked < SHM_OUTSTANDING)
		return post(c, bytes, n, true);
	errno = EAGAIN;
	return -1;
}

int ipc_ring(struct ipc_client *c)
{
	return sysv_ring(c->holder.pid);
}

int ipc_request(struct ipc_client *c, const struct ipc_record *request)
{
	int64_t until = request->expires_ms;

	for (unsigned try = 0; c->n_asked < SHM_OUTSTANDING; try++) {
		if (post(c, request, sizeof *request, try % RECLAIM_EVERY == 0) == 0)
			return 0;
		if (errno != EAGAIN)
			return -1;
		if (!until)
			until = record_now_ms() + IPC_EXPIRES_MAX_MS;
		if (record_now_ms() >= until || !is_served(c))
			break;
		pause_ms(PROBE_MS);
	}
	errno = EAGAIN;
	return -1;
}

/* ---- answers ---- */

static void drop_asked(struct ipc_client *c, unsigned i)
{
	c->asked[i] = c->asked[--c->n_asked];
}

static int take_denied(struct ipc_client *c, unsigned i, struct ipc_record *answer)
{
	record_init(answer);
	answer->id = c->asked[i].id;
	answer->verb = c->asked[i].verb;
	answer->result = RES_DENIED;
	drop_asked(c, i);
	return 0;
}

static int take_answer(struct ipc_client *c, unsigned i, struct ipc_record *answer)
{
	struct shm_asked a = c->asked[i];

	cells_read(answer, c->slots->slot[a.slot].answer, RECORD_CELLS);
	give_back(c, &a);
	drop_asked(c, i);
	return record_take_answer(answer, sizeof *answer);
}

/* Is the server still to answer the slot that has this word now? */
static bool is_under_way(const struct shm_asked *a, uint64_t word)
{
	return word == a->word || word == word_with(a->word, SLOT_TAKEN);
}

/* Looks at all once: 1 something came, *r says what; 0 nothing did. */
static int look(struct ipc_client *c, struct ipc_record *answer, int *r)
{
	for (unsigned i = 0; i < c->n_asked; i++) {
		uint64_t word = c->asked[i].denied ? 0 : atomic_load(&c->slots->word[c->asked[i].slot]);

		if (c->asked[i].denied) {
			*r = take_denied(c, i, answer);
			return 1;
		}
		if (word == word_with(c->asked[i].word, SLOT_ANSWERED)) {
			*r = take_answer(c, i, answer);
			return 1;
		}
		if (!is_under_way(&c->asked[i], word)) {
			drop_asked(c, i);
			errno = ECONNRESET;
			*r = -1;
			return 1;
		}
	}
	return 0;
}

static void wait_on(void *futex, uint32_t seen, int64_t ms)
{
	struct { long s, ns; } t = {(long)(ms / 1000), (long)(ms % 1000) * 1000000};

	syscall(SYS_futex, futex, FUTEX_WAIT_ALL_PROCESSES, seen, &t, NULL, 0);
}

/* Sleeps until an answer may have come, at most `ms`. */
static void await(struct ipc_client *c, int64_t ms)
{
	_Atomic uint64_t *word = &c->slots->word[c->asked[0].slot];
	uint64_t seen = atomic_load(word);
	uint32_t answers;
	unsigned i = 0;

	if (c->n_asked == 1) {
		if (is_under_way(&c->asked[0], seen))
			wait_on(word_half(word), (uint32_t)seen, ms);
		return;
	}
	answers = atomic_load(&c->slots->answers);
	atomic_store(&c->slots->several, 1);
	while (i < c->n_asked && is_under_way(&c->asked[i], atomic_load(&c->slots->word[c->asked[i].slot])))
		i++;
	if (i == c->n_asked)
		wait_on(&c->slots->answers, answers, ms);
}

int ipc_next_answer(struct ipc_client *c, struct ipc_record *answer, int64_t until_ms)
{
	int64_t looked = record_now_ms();
	int r;

	if (!c->n_asked) {
		errno = ENOMSG;
		return -1;
	}
	while (!look(c, answer, &r)) {
		int64_t now = record_now_ms();
		int64_t left = until_ms ? until_ms - now : INT64_MAX;

		if (left <= 0) {
			errno = ETIMEDOUT;
			return -1;
		}
		if (now - looked >= PATIENCE_MS) {
			if (!is_served(c)) {
				errno = ECONNRESET;
				return -1;
			}
			sysv_ring(c->holder.pid); /* harmless, should the first have been lost */
			looked = now;
		}
		await(c, left < PATIENCE_MS ? left : PATIENCE_MS);
	}
	return r;
}

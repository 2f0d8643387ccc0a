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
#define OUTSTANDING 128            /* requests of one connection */
#define PATIENCE_MS 1000           /* for segments to be made; between looks at the holder */
#define PROBE_MS 2                 /* between tries for a slot */
#define RECLAIM_EVERY 16           /* of these tries, one looks for the dead */

/* A request under way.  `denied`: the kernel keeps us from the slots, so we know
 * what the supervisor would answer. */
struct asked {
	uint64_t id, word; /* word: as published */
	uint32_t slot;
	uint16_t verb;
	bool denied;
};

static const char *dir;
static struct sysv_holder holder;
static int slots_id = -1;
static struct slots *slots;
static const struct board *board;
static struct asked asked[OUTSTANDING];
static unsigned n_asked;

/* ---- segments ---- */

/* Finds and attaches the holder's segment: NULL with errno ENOENT or EACCES. */
static void *find(enum sysv_kind kind, unsigned mode, size_t size, int flags, int *found)
{
	struct shmid_ds ds;
	int err = ENOENT;

	for (unsigned try = 0; try < SYSV_PROBES; try++) {
		int id = shmget(sysv_object_key(dir, &holder, kind, try), 0, 0);
		void *at;

		if (id < 0)
			continue;
		if (shmctl(id, IPC_STAT, &ds) < 0) {
			err = errno == EACCES ? EACCES : err;
			continue;
		}
		if (!sysv_is_ours(&ds.shm_perm, holder.uid, mode) || ds.shm_segsz != size
		    || (holder.pid && ds.shm_cpid != holder.pid))
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

static void leave_slots(void)
{
	if (slots)
		shmdt(slots);
	slots = NULL;
}

/* Where there are none, the holder is rung: it makes them anew. */
static int reach_slots(void)
{
	int64_t until = record_now_ms() + PATIENCE_MS;

	for (int64_t wait = 1; !slots; wait *= 2) {
		slots = find(SYSV_SLOTS, 0600, sizeof *slots, 0, &slots_id);
		if (slots && is_ready(slots))
			break;
		if (slots)
			errno = ENOENT;
		leave_slots();
		if (errno == EACCES || record_now_ms() >= until)
			return -1;
		if (sysv_ring(holder.pid) < 0)
			return -1;
		pause_ms(wait < 100 ? wait : 100);
	}
	return 0;
}

/* ---- the board ---- */

static uint32_t board_read_begin(void)
{
	return atomic_load_explicit(&board->sequence, memory_order_acquire);
}

static bool board_read_end(uint32_t sequence)
{
	atomic_thread_fence(memory_order_acquire);
	return !(sequence & 1)
	       && atomic_load_explicit(&board->sequence, memory_order_relaxed) == sequence;
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

static uint32_t rows_on_board(void)
{
	uint32_t n = atomic_load_explicit(&board->n, memory_order_relaxed);

	return n < IPC_BOARD_ROWS ? n : IPC_BOARD_ROWS;
}

static bool find_row(const char *name, size_t n, struct board_row *row)
{
	uint32_t rows = rows_on_board();

	for (uint32_t i = 0; i < rows; i++) {
		cells_read(row, board->row[i], offsetof(struct board_row, text) / sizeof(shm_cell));
		if (row->name_len != n)
			continue;
		cells_read(row, board->row[i], ROW_CELLS);
		if (n <= sizeof row->text && memcmp(row->text, name, n) == 0)
			return true;
	}
	return false;
}

static int board_item(const char *name, size_t n, struct ipc_item *item)
{
	for (unsigned i = 0; i < SHM_READS; i++) {
		uint32_t sequence = board_read_begin();
		uint32_t stamp = atomic_load_explicit(&board->stamp, memory_order_relaxed);
		struct board_row row;
		bool found = stamp && find_row(name, n, &row);

		if (board_read_end(sequence))
			return found && item_of(&row, stamp, item) ? 0 : -1;
	}
	return -1;
}

/* All rows as they stand: how many, or -1. */
static int64_t copy_rows(struct board_row *rows, uint32_t *stamp)
{
	for (unsigned i = 0; i < SHM_READS; i++) {
		uint32_t sequence = board_read_begin();
		uint32_t n = atomic_load_explicit(&board->n, memory_order_relaxed);

		*stamp = atomic_load_explicit(&board->stamp, memory_order_relaxed);
		for (uint32_t k = 0; k < n && n <= IPC_BOARD_ROWS; k++)
			cells_read(&rows[k], board->row[k], ROW_CELLS);
		if (board_read_end(sequence))
			return *stamp && n <= IPC_BOARD_ROWS ? (int64_t)n : -1;
	}
	return -1;
}

static int board_items(struct ipc_item **items, size_t *n)
{
	uint32_t room = IPC_BOARD_ROWS, stamp = 0;
	struct board_row *rows = malloc(room * sizeof *rows);
	int64_t got = rows ? copy_rows(rows, &stamp) : -1;
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

static const struct ipc_board_reader reader = {.item = board_item, .items = board_items};

static void reach_board(void)
{
	int id;

	board = find(SYSV_BOARD, 0444, sizeof *board, SHM_RDONLY, &id);
	if (board && atomic_load(&board->magic) == SHM_MAGIC
	    && atomic_load(&board->version) == IPC_VERSION)
		ipc_board_reader = &reader;
}

/* ---- connection ---- */

int ipc_connect(const char *rundir)
{
	dir = rundir;
	if (sysv_find(rundir, &holder) < 0 || strcmp(holder.method, "shm") != 0) {
		errno = ENOENT;
		return -1;
	}
	reach_board();
	return ipc_board_reader ? 0 : reach_slots();
}

/* Frees a slot that is ours, whatever has become of it. */
static void give_back(const struct asked *a)
{
	uint64_t word = a->denied ? 0 : atomic_load(&slots->word[a->slot]);

	while (!a->denied && word >> 3 == a->word >> 3 && word_state(word) != SLOT_FREE)
		if (atomic_compare_exchange_weak(&slots->word[a->slot], &word,
		                                 word_with(word, SLOT_FREE)))
			return;
}

void ipc_close(void)
{
	while (n_asked)
		give_back(&asked[--n_asked]);
	leave_slots();
	if (board)
		shmdt(board);
	board = NULL;
	ipc_board_reader = NULL;
}

/* Are the segment and its server still the ones that we connected to? */
static bool is_served(void)
{
	struct sysv_holder now;
	struct shmid_ds ds;

	return sysv_find(dir, &now) == 0 && now.pid == holder.pid && now.slot == holder.slot
	       && shmctl(slots_id, IPC_STAT, &ds) == 0 && !(ds.shm_perm.mode & SHM_DEST);
}

/* ---- requests ---- */

/* Our pid, where it means something to the server. */
static pid_t own_pid(void)
{
	return holder.below ? 0 : getpid();
}

static bool is_dead(uint64_t word)
{
	pid_t pid = word_pid(word);

	return pid > 0 && kill(pid, 0) < 0 && errno == ESRCH;
}

/* Claims a slot that is free, or with `reclaim`, one whose client has died. */
static bool claim(bool reclaim, struct asked *a)
{
	static uint32_t last; /* still warm, if we asked before */
	pid_t pid = own_pid();

	for (uint32_t k = 0; k <= SHM_SLOTS; k++) {
		uint32_t i = k ? k - 1 : last;
		uint64_t word = atomic_load_explicit(&slots->word[i], memory_order_relaxed), mine;

		if (word_state(word) != SLOT_FREE && !(reclaim && pid && is_dead(word)))
			continue;
		mine = word_claimed(word, pid);
		if (!atomic_compare_exchange_strong(&slots->word[i], &word, mine))
			continue;
		a->slot = last = i;
		a->word = mine;
		return true;
	}
	return false;
}

static int publish(struct asked *a, const struct ipc_record *request)
{
	uint64_t word = a->word;

	a->word = word_with(word, SLOT_PUBLISHED);
	cells_write(slots->slot[a->slot].request, request, RECORD_CELLS);
	if (atomic_compare_exchange_strong(&slots->word[a->slot], &word, a->word))
		return 0;
	errno = ECONNRESET; /* the segment was given up meanwhile */
	return -1;
}

/* The slots may have been made anew since we found them. */
static int renew_slots(void)
{
	struct shmid_ds ds;

	if (slots && !n_asked
	    && (shmctl(slots_id, IPC_STAT, &ds) < 0 || ds.shm_perm.mode & SHM_DEST))
		leave_slots();
	return slots ? 0 : reach_slots();
}

static int deny(const struct ipc_record *request)
{
	asked[n_asked++] = (struct asked){.id = request->id, .verb = request->verb, .denied = true};
	return 0;
}

int ipc_request(const struct ipc_record *request)
{
	int64_t until = request->expires_ms ? request->expires_ms
	                                    : record_now_ms() + IPC_EXPIRES_MAX_MS;
	struct asked a = {.id = request->id};

	if (n_asked == OUTSTANDING) {
		errno = EAGAIN;
		return -1;
	}
	if (renew_slots() < 0)
		return errno == EACCES ? deny(request) : -1;
	for (unsigned try = 0; !claim(false, &a) && !(try % RECLAIM_EVERY == 0 && claim(true, &a));
	     try++) {
		if (record_now_ms() >= until || !is_served()) {
			errno = EAGAIN;
			return -1;
		}
		pause_ms(PROBE_MS);
	}
	if (publish(&a, request) < 0)
		return -1;
	if (sysv_ring(holder.pid) < 0) {
		int err = errno;

		give_back(&a);
		errno = err;
		return -1;
	}
	asked[n_asked++] = a;
	return 0;
}

/* ---- answers ---- */

static void forget(unsigned i)
{
	asked[i] = asked[--n_asked];
}

static int take_denied(unsigned i, struct ipc_record *answer)
{
	record_init(answer);
	answer->id = asked[i].id;
	answer->verb = asked[i].verb;
	answer->result = RES_DENIED;
	forget(i);
	return 0;
}

static int take_answer(unsigned i, struct ipc_record *answer)
{
	struct asked a = asked[i];

	cells_read(answer, slots->slot[a.slot].answer, RECORD_CELLS);
	give_back(&a);
	forget(i);
	return record_take_answer(answer, sizeof *answer);
}

/* Is the server still to answer the slot that has this word now? */
static bool is_under_way(const struct asked *a, uint64_t word)
{
	return word == a->word || word == word_with(a->word, SLOT_TAKEN);
}

/* Looks at all once: 1 something came, *r says what; 0 nothing did. */
static int look(struct ipc_record *answer, int *r)
{
	for (unsigned i = 0; i < n_asked; i++) {
		uint64_t word = asked[i].denied ? 0 : atomic_load(&slots->word[asked[i].slot]);

		if (asked[i].denied) {
			*r = take_denied(i, answer);
			return 1;
		}
		if (word == word_with(asked[i].word, SLOT_ANSWERED)) {
			*r = take_answer(i, answer);
			return 1;
		}
		if (!is_under_way(&asked[i], word)) {
			forget(i);
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
static void await(int64_t ms)
{
	_Atomic uint64_t *word = &slots->word[asked[0].slot];
	uint64_t seen = atomic_load(word);
	uint32_t answers;
	unsigned i = 0;

	if (n_asked == 1) {
		if (is_under_way(&asked[0], seen))
			wait_on(word_half(word), (uint32_t)seen, ms);
		return;
	}
	answers = atomic_load(&slots->answers);
	atomic_store(&slots->several, 1);
	while (i < n_asked && is_under_way(&asked[i], atomic_load(&slots->word[asked[i].slot])))
		i++;
	if (i == n_asked)
		wait_on(&slots->answers, answers, ms);
}

int ipc_next_answer(struct ipc_record *answer, int64_t until_ms)
{
	int64_t looked = record_now_ms();
	int r;

	if (!n_asked) {
		errno = ENOMSG;
		return -1;
	}
	while (!look(answer, &r)) {
		int64_t now = record_now_ms();
		int64_t left = until_ms ? until_ms - now : INT64_MAX;

		if (left <= 0) {
			errno = ETIMEDOUT;
			return -1;
		}
		if (now - looked >= PATIENCE_MS) {
			if (!is_served()) {
				errno = ECONNRESET;
				return -1;
			}
			sysv_ring(holder.pid); /* harmless, should the first have been lost */
			looked = now;
		}
		await(left < PATIENCE_MS ? left : PATIENCE_MS);
	}
	return r;
}

/* server.c - the supervisor's side of the shm method.
 *
 * What is in the slots may be anything: it is copied once, and only words that
 * stand in `taken` too are acted on.  Never waits, takes no lock. */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "ipc/bell.h"
#include "ipc/board.h"
#include "ipc/check.h"
#include "ipc/cinit_ipc.h"
#include "ipc/shm/ipc.h"
#include "ipc/sysv.h"

#define FUTEX_WAKE_ALL_PROCESSES 1 /* FUTEX_WAKE of <linux/futex.h>, not private */

#define N_ASKED (SHM_SLOTS / 64)

static_assert(SHM_SLOTS > IPC_PENDING_MAX, "clients that wait leave slots to others");
static_assert(SHM_SLOTS % 64 == 0 && SHM_TAKES >= 64, "a round takes what one of `asked` has");

int ipc_fd = -1;
bool ipc_more;

static int slots_id = -1, board_id = -1;
static struct slots *slots;
static struct board *board;
static uint64_t taken[SHM_SLOTS]; /* the word of each request that is to be answered, else 0 */
static uint64_t answered[SHM_SLOTS]; /* the word of the last answer */
static uint32_t next_asked;       /* where the next round begins */
static int64_t swept_ms;

/* ---- segments ---- */

static void *attach(int id)
{
	void *at = shmat(id, NULL, 0);

	return (intptr_t)at == -1 ? NULL : at;
}

/* Whoever still has the slots of a dead instance looks for ours. */
static void unmark(int id, const struct shmid_ds *ds)
{
	struct slots *s = ds->shm_segsz == sizeof *s ? attach(id) : NULL;

	if (!s)
		return;
	atomic_store(&s->magic, 0);
	shmdt(s);
}

/* Removes what stands at this key, if it is a dead instance's (whose lock we
 * hold now), or with `strangers`, if we may.  False if something stays there. */
static bool clear_key(key_t key, unsigned mode, bool strangers)
{
	struct shmid_ds ds;
	int id = shmget(key, 0, 0);

	if (id < 0)
		return errno == ENOENT;
	if (!strangers && (shmctl(id, IPC_STAT, &ds) < 0
	                   || (!sysv_is_ours(&ds.shm_perm, geteuid(), mode)
	                       && !sysv_is_ours(&ds.shm_perm, geteuid(), SHM_SLOTS_MODE))))
		return false;
	if (!strangers && mode != SHM_BOARD_MODE)
		unmark(id, &ds);
	return shmctl(id, IPC_RMID, NULL) == 0;
}

/* A fresh segment, which nobody else can open yet. */
static int make_segment(enum sysv_kind kind, unsigned mode, size_t size)
{
	const struct sysv_holder *self = sysv_self();
	int id = -1;

	if (!self) {
		errno = ENOLCK;
		return -1;
	}
	for (unsigned try = 0; try < SYSV_PROBES; try++)
		clear_key(sysv_object_key(self, kind, try), mode, false);
	for (unsigned try = 0; try < 2 * SYSV_PROBES && id < 0; try++) {
		key_t key = sysv_object_key(self, kind, try % SYSV_PROBES);

		if (try >= SYSV_PROBES)
			clear_key(key, mode, true);
		id = shmget(key, size, IPC_CREAT | IPC_EXCL | SHM_SLOTS_MODE);
		if (id < 0 && errno != EEXIST)
			return -1;
	}
	return id;
}

static bool is_there(int id, unsigned mode)
{
	struct shmid_ds ds;

	return shmctl(id, IPC_STAT, &ds) == 0 && !(ds.shm_perm.mode & SHM_DEST)
	       && (ds.shm_perm.mode & 0777u) == mode && ds.shm_perm.uid == geteuid()
	       && ds.shm_perm.cuid == geteuid();
}

static void drop_segment(int *id, void *at)
{
	if (at)
		shmdt(at);
	if (*id >= 0)
		shmctl(*id, IPC_RMID, NULL);
	*id = -1;
}

/* ---- the board ---- */

static uint32_t board_stamp;

/* Only we write here, so what was read is what we wrote. */
static void board_begin(uint32_t n, bool changed)
{
	uint32_t s = atomic_load_explicit(&board->sequence, memory_order_relaxed);

	if (changed && ++board_stamp == 0)
		board_stamp = 1;
	atomic_store_explicit(&board->sequence, s + 1, memory_order_relaxed);
	atomic_thread_fence(memory_order_release);
	atomic_store_explicit(&board->n, n, memory_order_relaxed);
	atomic_store_explicit(&board->stamp, board_stamp, memory_order_relaxed);
}

static void board_put(uint32_t i, const struct ipc_item *item, bool passing)
{
	struct board_row row = {
		.state = item->state, .why = item->why, .flags = item->flags,
		.crashes = item->crashes, .end = item->end, .pid = item->pid,
		.name_len = item->name_len, .detail_len = item->detail_len,
		.other_state = item->other_state, .other_end = item->other_end,
		.row_flags = passing ? ROW_PASSING : 0, .stamp = board_stamp,
		.since_ms = item->since_ms, .deadline_ms = item->deadline_ms,
	};
	size_t n = item->name_len;

	if (i >= IPC_BOARD_ROWS)
		return;
	if (n + item->detail_len <= sizeof row.text) {
		memcpy(row.text, item->name, n);
		memcpy(row.text + n, item->detail, item->detail_len);
	} else {
		row.row_flags |= ROW_ASK;
		memcpy(row.text, item->name, n < sizeof row.text ? n : sizeof row.text);
	}
	cells_write(board->row[i], &row, ROW_CELLS);
}

static void board_end(void)
{
	uint32_t s = atomic_load_explicit(&board->sequence, memory_order_relaxed);

	atomic_store_explicit(&board->sequence, s + 1, memory_order_release);
}

static struct ipc_board publisher = {.begin = board_begin, .put = board_put, .end = board_end};

static void close_board(void)
{
	drop_segment(&board_id, board);
	board = NULL;
	ipc_board = NULL;
}

/* Without a board clients ask: no reason to fail. */
static void make_board(void)
{
	struct shmid_ds ds;

	board_stamp = 0;
	board_id = make_segment(SYSV_BOARD, SHM_BOARD_MODE, sizeof *board);
	if (board_id >= 0)
		board = attach(board_id);
	if (!board || shmctl(board_id, IPC_STAT, &ds) < 0) {
		close_board();
		return;
	}
	atomic_store(&board->version, IPC_VERSION);
	atomic_store(&board->magic, SHM_MAGIC);
	ds.shm_perm.mode = SHM_BOARD_MODE; /* we have it mapped; from now on nobody writes it */
	if (shmctl(board_id, IPC_SET, &ds) < 0) {
		close_board();
		return;
	}
	publisher.blank = true;
	ipc_board = &publisher;
}

/* ---- the endpoint ---- */

static void wake(void *futex)
{
	syscall(SYS_futex, futex, FUTEX_WAKE_ALL_PROCESSES, INT_MAX, NULL, NULL, 0);
}

/* Frees a slot, if its word is still this one; its client learns that it lost it. */
static void free_slot(uint32_t i, uint64_t word)
{
	if (atomic_compare_exchange_strong(&slots->word[i], &word, word_with(word, SLOT_FREE)))
		wake(word_half(&slots->word[i]));
}

static bool is_wanted(struct ipc_address whom)
{
	return slots && taken[whom.a] == whom.b;
}

static void close_all(void)
{
	for (uint32_t i = 0; slots && i < SHM_SLOTS; i++) {
		uint64_t word = atomic_load(&slots->word[i]);

		/* An answer stays for its client, which still has the segment. */
		if (word_state(word) != SLOT_FREE && word_state(word) != SLOT_ANSWERED)
			free_slot(i, word);
		taken[i] = 0;
	}
	if (slots)
		atomic_store(&slots->magic, 0);
	drop_segment(&slots_id, slots);
	slots = NULL;
	close_board();
	sysv_bell_close();
	ipc_fd = -1;
	ipc_more = false;
	ipc_due_ms = INT64_MAX;
	ipc_give_up_dead(is_wanted);
}

static unsigned slots_mode(void)
{
	return ipc_group == IPC_NO_GROUP ? SHM_SLOTS_MODE : SHM_SLOTS_GROUP_MODE;
}

/* What clients look for; whoever may write there may have written over it, too. */
static void mark_slots(void)
{
	atomic_store(&slots->version, IPC_VERSION);
	atomic_store(&slots->magic, SHM_MAGIC);
}

/* Closed until it is complete, then opened to the group. */
static int give_to_group(void)
{
	struct shmid_ds ds;

	if (ipc_group == IPC_NO_GROUP)
		return 0;
	if (shmctl(slots_id, IPC_STAT, &ds) < 0)
		return -1;
	ds.shm_perm.gid = ipc_group;
	ds.shm_perm.mode = (unsigned short)slots_mode();
	return shmctl(slots_id, IPC_SET, &ds);
}

/* A step failed: because the segment that it had made was removed meanwhile? */
static const char *failed(const char *step)
{
	struct shmid_ds ds;
	int err = errno;

	if (shmctl(slots_id, IPC_STAT, &ds) < 0)
		err = EIDRM;
	errno = err;
	return step;
}

static const char *make_slots(void)
{
	slots_id = make_segment(SYSV_SLOTS, slots_mode(), sizeof *slots);
	if (slots_id < 0)
		return "System V shared memory";
	slots = attach(slots_id);
	if (!slots)
		return failed("shmat");
	mark_slots();
	if (give_to_group() < 0)
		return failed("open the segment to the group");
	ipc_fd = sysv_bell(ipc_group);
	return ipc_fd < 0 ? "bell" : NULL;
}

static const char *make_endpoint(void)
{
	struct sysv_group was;
	const char *step = "become of the group";

	if (ipc_group == IPC_NO_GROUP)
		return make_slots();
	if (sysv_begin_group(ipc_group, &was) == 0)
		step = make_slots();
	sysv_end_group(&was);
	return step;
}

int cinit_ipc_init(void)
{
	const char *step;

	ipc_at_end = close_all;
	close_all();
	step = ipc_make(make_endpoint, close_all);
	if (!step) {
		make_board();
		return 1;
	}
	ipc_set_problem(step, errno);
	close_all();
	return 0;
}

/* ---- what it needs ---- */

static int try_segment(void)
{
	int id = shmget(IPC_PRIVATE, sizeof *slots, SHM_SLOTS_MODE), err = 0;
	void *at = id < 0 ? NULL : attach(id);

	if (id >= 0 && !at)
		err = errno;
	if (at)
		shmdt(at);
	if (id >= 0)
		shmctl(id, IPC_RMID, NULL);
	if (err)
		errno = err;
	return at ? 0 : -1;
}

const struct ipc_need ipc_needs[] = {
	{"System V semaphores, for the lock", check_semaphore},
	{"System V shared memory", try_segment},
	{"signals by a descriptor, for the bell", check_signalfd},
	{NULL, NULL},
};

/* ---- requests ---- */

/* Nobody can answer a word that we do not have: whoever waited is given up. */
static void give_up_client(uint32_t i)
{
	uint64_t word = taken[i];

	taken[i] = 0;
	if (word)
		ipc_gone((struct ipc_address){i, word});
}

/* Takes a published slot: one copy, then the copy alone is looked at. */
static void take_slot(uint32_t i, uint64_t word)
{
	uint64_t ours = word_with(word, SLOT_TAKEN);
	struct ipc_record r;

	if (!atomic_compare_exchange_strong(&slots->word[i], &word, ours))
		return;
	give_up_client(i);
	cells_read(&r, slots->slot[i].request, RECORD_CELLS);
	taken[i] = ours;
	if (ipc_receive(&r, sizeof r, (struct ipc_address){i, ours}, true))
		return;
	taken[i] = 0;
	free_slot(i, ours);
}

static void take_if_published(uint32_t i, unsigned *n)
{
	uint64_t word = atomic_load_explicit(&slots->word[i], memory_order_acquire);

	if (word_state(word) != SLOT_PUBLISHED)
		return;
	take_slot(i, word);
	++*n;
}

/* One round over the slots that are said to be published, or until its bound: what is
 * left then is put back.  How many were taken. */
static unsigned take_some(void)
{
	unsigned n = 0;

	for (uint32_t k = 0; slots && k < N_ASKED; k++) {
		_Atomic uint64_t *asked = &slots->asked[next_asked];
		uint64_t bits = atomic_load_explicit(asked, memory_order_relaxed);

		for (bits = bits ? atomic_exchange(asked, 0) : 0; slots && bits; bits &= bits - 1) {
			if (n == SHM_TAKES) {
				atomic_fetch_or(asked, bits);
				ipc_more = true;
				return n;
			}
			take_if_published(next_asked * 64 + (uint32_t)__builtin_ctzll(bits), &n);
		}
		next_asked = (next_asked + 1) % N_ASKED;
	}
	return n;
}

/* A pid of 0 is that of a client for whom we have none: it is believed. */
static bool is_dead(uint64_t word)
{
	pid_t pid = word_pid(word);

	return pid < 0 || (pid > 0 && kill(pid, 0) < 0 && errno == ESRCH);
}

/* Only we take and answer; a word that says so and is not ours is nobody's. */
static bool is_forged(uint32_t i, uint64_t word)
{
	switch (word_state(word)) {
	case SLOT_FREE:
	case SLOT_CLAIMED:
	case SLOT_PUBLISHED: return false;
	case SLOT_TAKEN: return taken[i] != word;
	case SLOT_ANSWERED: return answered[i] != word;
	default: return true;
	}
}

/* Once all slots are in use, those go with which nobody goes on, though their pid
 * may live: a client needs a moment from claiming to publishing, and no longer to
 * read an answer that others need the place of. */
static void free_stuck(int64_t now)
{
	static struct { uint64_t word; int64_t since_ms; } seen[SHM_SLOTS];

	for (uint32_t i = 0; i < SHM_SLOTS; i++) {
		uint64_t word = atomic_load_explicit(&slots->word[i], memory_order_relaxed);
		unsigned state = word_state(word);

		if (state != SLOT_CLAIMED && state != SLOT_ANSWERED)
			continue;
		if (seen[i].word != word) {
			seen[i].word = word;
			seen[i].since_ms = now;
		} else if (now - seen[i].since_ms >= SHM_PATIENCE_MS) {
			free_slot(i, word);
		}
	}
}

/* A published slot whose bit was lost.  One beyond the bound gets it again. */
static void take_late(uint32_t i, unsigned *n)
{
	if (*n < SHM_TAKES) {
		take_if_published(i, n);
		return;
	}
	atomic_fetch_or(&slots->asked[i / 64], (uint64_t)1 << i % 64);
	ipc_more = true;
}

/* Reclaims what clients left that have died, or gave up waiting, and takes what was
 * published unheard: how many. */
static unsigned sweep(int64_t now)
{
	bool any_free = false;
	unsigned n = 0;

	for (uint32_t i = 0; slots && i < SHM_SLOTS; i++) {
		uint64_t word = atomic_load_explicit(&slots->word[i], memory_order_relaxed);
		unsigned state = word_state(word);

		if (taken[i] && taken[i] != word)
			give_up_client(i);
		if (state == SLOT_PUBLISHED)
			take_late(i, &n);
		if (state != SLOT_FREE && state != SLOT_PUBLISHED
		    && (is_forged(i, word) || is_dead(word))) {
			give_up_client(i);
			free_slot(i, word);
			state = SLOT_FREE;
		}
		any_free = any_free || state == SLOT_FREE;
	}
	if (slots && !any_free)
		free_stuck(now);
	swept_ms = now;
	ipc_due_ms = INT64_MAX;
	return n;
}

/* Looks whether the segments are still there.  Only the slots are the endpoint;
 * a board is simply made anew. */
static bool look_after_segments(void)
{
	if (!is_there(slots_id, slots_mode())) {
		close_all();
		return false;
	}
	mark_slots();
	if (!is_there(board_id, SHM_BOARD_MODE)) {
		close_board();
		make_board();
	}
	return true;
}

int cinit_ipc_listen(void)
{
	int64_t now = record_now_ms();
	bool due = ipc_due_ms <= now;
	unsigned n;

	ipc_more = false;
	sysv_bell_clear();
	n = take_some();
	if (!slots)
		return 0;
	/* A ring without a request: a client that found no slots, or none free. */
	if ((ipc_recheck || due || n == 0) && !look_after_segments())
		return 0;
	if (due || now - swept_ms >= (n ? SHM_SWEEP_MS : SHM_RING_MS))
		n += sweep(now);
	if (n && ipc_due_ms == INT64_MAX)
		ipc_due_ms = now + SHM_SWEEP_MS;
	return slots != NULL;
}

int cinit_ipc_send(void *data)
{
	const struct ipc_record *r = data;
	struct ipc_address to;
	uint64_t word;
	uint32_t i;

	if (!slots || !ipc_address_of(r->handle, &to) || taken[to.a] != to.b)
		return 0;
	i = (uint32_t)to.a;
	word = to.b;
	taken[i] = 0;
	if (atomic_load_explicit(&slots->word[i], memory_order_relaxed) != word)
		return 0;
	cells_write(slots->slot[i].answer, r, RECORD_CELLS);
	answered[i] = word_with(word, SLOT_ANSWERED);
	if (!atomic_compare_exchange_strong(&slots->word[i], &word, answered[i]))
		return 0;
	atomic_fetch_add(&slots->answers, 1);
	wake(word_half(&slots->word[i]));
	if (atomic_exchange(&slots->several, 0))
		wake(&slots->answers);
	if (ipc_due_ms == INT64_MAX)
		ipc_due_ms = record_now_ms() + SHM_SWEEP_MS;
	return 1;
}

/* ipc.h - what is specific to the shm method: two System V segments (shmget(2)),
 * which nobody can truncate under a reader.  Keys and lock: ipc/sysv.h.
 *
 * The slots (0600; with conf/ipc_group 0660, of that group).  Each carries one request and its answer, and has one word of
 * 64 bits, changed by compare-and-swap only:
 *
 *     bits 0-2 state, 3-31 generation, 32-63 the client's pid
 *
 *     FREE --client--> CLAIMED --client--> PUBLISHED --server--> TAKEN
 *       ^                                                          |
 *       +---------------client----------- ANSWERED <----server-----+
 *
 * Claiming counts the generation up.  Whoever finds a slot of a client that has
 * died, or gives up its own, may free it in any state: requests and answers have
 * places of their own, and the server answers a word only that it has itself
 * taken.  It frees words that claim to be taken or answered by it and are not, and
 * when no slot is free and a client rings for one, those with which nobody goes
 * on.  A client publishes, then rings; it waits on the lower half of its word
 * (futex(2)), or, for several at once, on `answers` with `several` set.
 *
 * The server believes nothing in here: it copies a request once, and checks the
 * copy; indices and addresses it takes from its own memory only.
 *
 * The board (0444, written by the server alone): a sequence that is odd while
 * it is written, then rows.  Readers try a few times, then ask.
 */
#ifndef CINIT_IPC_SHM_H
#define CINIT_IPC_SHM_H

#include <assert.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/types.h>

#include "ipc/board.h"
#include "ipc/record.h"
#include "ipc/sysv.h"

#define SHM_SLOTS_MODE 0600
#define SHM_SLOTS_GROUP_MODE 0660
#define SHM_BOARD_MODE 0444
#define SHM_MAGIC 0x6d687363u
#define SHM_SLOTS 1280         /* more than may wait, so that others find one; memory that was never
                                * used costs nothing */
#define SHM_TAKES 64           /* requests taken by one cinit_ipc_listen() */
#define SHM_SWEEP_MS 1000      /* from an answer until its slot is looked after */
#define SHM_RING_MS 100        /* between such looks that clients may ring for */
#define SHM_PATIENCE_MS 400    /* when all slots are in use: longest from claiming to publishing,
                                * and from an answer until it is read */
#define SHM_ROW_TEXT 216       /* bytes of name and detail on the board */
#define SHM_READS 64           /* times that a reader tries the sequence */

static_assert(ATOMIC_LLONG_LOCK_FREE == 2 && sizeof(long long) == 8, "no lock behind a slot's word");
static_assert(ATOMIC_INT_LOCK_FREE == 2 && sizeof(int) == 4, "nor behind the numbers");
static_assert(ATOMIC_LONG_LOCK_FREE == 2, "nor behind the rest");

typedef _Atomic unsigned long shm_cell; /* the memory itself: read and written whole */

enum slot_state { SLOT_FREE, SLOT_CLAIMED, SLOT_PUBLISHED, SLOT_TAKEN, SLOT_ANSWERED };

#define RECORD_CELLS (sizeof(struct ipc_record) / sizeof(shm_cell))

struct slot {
	shm_cell request[RECORD_CELLS], answer[RECORD_CELLS];
};

struct slots {
	_Atomic uint32_t magic;   /* SHM_MAGIC from when all of it is made until it is given up */
	_Atomic uint32_t version; /* IPC_VERSION */
	_Atomic uint32_t answers; /* counts them: a futex */
	_Atomic uint32_t several; /* somebody waits on it */
	_Alignas(64) _Atomic uint64_t asked[SHM_SLOTS / 64]; /* a bit for each slot */
	_Alignas(64) _Atomic uint64_t word[SHM_SLOTS];
	struct slot slot[SHM_SLOTS];
};

enum row_flag {
	ROW_ASK = 1,        /* the texts do not fit */
	ROW_PASSING = 2     /* holds only while its stamp is the board's */
};

struct board_row {
	uint8_t state, why, flags, crashes;
	struct end end;
	int32_t pid;
	uint8_t name_len, detail_len, other_state, row_flags;
	struct end other_end;
	uint32_t stamp;
	int64_t since_ms, deadline_ms;
	char text[SHM_ROW_TEXT]; /* name, then detail */
};

static_assert(sizeof(struct board_row) == 256, "no padding in a row");

#define ROW_CELLS (sizeof(struct board_row) / sizeof(shm_cell))

struct board {
	_Atomic uint32_t magic, version, sequence;
	_Atomic uint32_t n;       /* services; more than IPC_BOARD_ROWS: not all are here */
	_Atomic uint32_t stamp;   /* counts changes; 0: nothing was published yet */
	_Alignas(64) shm_cell row[IPC_BOARD_ROWS][ROW_CELLS];
};

static inline unsigned word_state(uint64_t w)
{
	return w & 7;
}

static inline uint64_t word_with(uint64_t w, enum slot_state state)
{
	return (w & ~(uint64_t)7) | state;
}

/* The word of whoever claims a slot that has this one. */
static inline uint64_t word_claimed(uint64_t w, pid_t pid)
{
	return (uint64_t)(uint32_t)pid << 32 | (uint32_t)((w | 7) + 1) | SLOT_CLAIMED;
}

static inline pid_t word_pid(uint64_t w)
{
	return (pid_t)(w >> 32);
}

/* Where the lower half of a word is, for futex(2) alone. */
static inline void *word_half(_Atomic uint64_t *word)
{
	return (void *)((uintptr_t)word + (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? 4 : 0));
}

/* A request under way.  `denied`: the kernel keeps us from the slots, so we know
 * what the supervisor would answer. */
struct shm_asked {
	uint64_t id, word; /* word: as published */
	uint32_t slot;
	uint16_t verb;
	bool denied;
};

#define SHM_OUTSTANDING 128    /* requests of one connection */

/* A connection of a client. */
struct ipc_client {
	const char *rundir;
	struct sysv_holder holder;
	int slots_id;
	struct slots *slots;       /* or NULL */
	const struct board *board; /* or NULL */
	pid_t pid;                 /* ours, where it means something to the server, else 0 */
	uint32_t last;             /* slot that we had; it is still warm */
	unsigned n_asked;
	struct shm_asked asked[SHM_OUTSTANDING];
};

/* Each cell is read, or written, exactly once. */
static inline void cells_read(void *to, const shm_cell *from, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		unsigned long cell = atomic_load_explicit(&from[i], memory_order_relaxed);

		memcpy((char *)to + i * sizeof cell, &cell, sizeof cell);
	}
}

static inline void cells_write(shm_cell *to, const void *from, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		unsigned long cell;

		memcpy(&cell, (const char *)from + i * sizeof cell, sizeof cell);
		atomic_store_explicit(&to[i], cell, memory_order_relaxed);
	}
}

#endif

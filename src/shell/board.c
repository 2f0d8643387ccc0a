/* board.c - which rows of the status board are due, and when.
 *
 * A row follows from its service alone, but for those that wait for others: what
 * these say is passing, because it can change without any change of their own.
 * They are written anew after every change, within a bound; until then readers
 * do not believe them but ask, which makes a turn, and that writes the rest. */
#include "src/shell/board.h"

#include <stdbool.h>
#include <string.h>

#include "ipc/board.h"
#include "src/limits.h"
#include "src/shell/services.h"
#include "src/shell/shell.h"

#define WORDS (IPC_BOARD_ROWS / 64)

/* A cache of what readers see: board_mark_all() has it made anew. */
static struct {
	uint64_t marked[WORDS];   /* rows to be written */
	uint64_t passing[WORDS];  /* rows that wait for others */
	uint64_t stale[WORDS];    /* of them those that readers do not believe */
	bool all_marked, wishes_marked, any_marked, any_stale, was_shutdown;
	int64_t refreshed_ms;     /* when `credit` was counted last */
	unsigned credit;          /* passing rows that may be written */
} cache;
static uint64_t shown[IPC_BOARD_ROWS]; /* likewise: what of a row changes without an action */

static void set(uint64_t *map, uint32_t row, bool on)
{
	uint64_t bit = (uint64_t)1 << row % 64;

	map[row / 64] = on ? map[row / 64] | bit : map[row / 64] & ~bit;
}

void board_mark(uint32_t svc)
{
	if (!ipc_board || svc >= IPC_BOARD_ROWS)
		return;
	set(cache.marked, svc, true);
	cache.any_marked = true;
}

void board_mark_wishes(void)
{
	cache.wishes_marked = true;
}

void board_mark_all(void)
{
	cache.all_marked = true;
}

static uint32_t rows(void)
{
	return shell.config->n < IPC_BOARD_ROWS ? shell.config->n : IPC_BOARD_ROWS;
}

static uint64_t facts_of(uint32_t svc)
{
	const struct svc_live *l = &engine_svc(shell.engine, svc)->live;

	return (uint64_t)(uint32_t)shell.procs.main[svc].pid << 32 | (uint64_t)l->state << 16
	       | (uint64_t)l->crashes << 8 | l->wish;
}

static void mark_changed_wishes(void)
{
	for (uint32_t i = 0; i < rows(); i++)
		if (facts_of(i) != shown[i])
			board_mark(i);
	cache.wishes_marked = false;
}

/* Everything: other services, a new board, or a shutdown, which gives deadlines
 * to those that had none. */
static void mark_every_row(void)
{
	memset(cache.marked, 0, sizeof cache.marked);
	memset(cache.passing, 0, sizeof cache.passing);
	memset(cache.stale, 0, sizeof cache.stale);
	for (uint32_t i = 0; i < rows(); i++)
		set(cache.marked, i, true);
	cache.any_marked = true;
	cache.all_marked = cache.wishes_marked = ipc_board->blank = cache.any_stale = false;
	cache.was_shutdown = shell.engine->shutdown;
}

static void put(uint32_t row)
{
	struct ipc_item item;
	bool waits;

	services_item(row, &item);
	waits = item.state == SVC_WAITING || item.state == SVC_BLOCKED || item.state == SVC_HELD;
	ipc_board->put(row, &item, waits);
	shown[row] = facts_of(row);
	set(cache.passing, row, waits);
	set(cache.stale, row, false);
}

/* Writes the rows of this map, at most *most; true when some are left. */
static bool put_some(uint64_t *map, unsigned *most)
{
	for (uint32_t w = 0; w < WORDS; w++)
		for (uint32_t b = 0; map[w] && b < 64; b++) {
			if (!(map[w] >> b & 1))
				continue;
			if (*most == 0)
				return true;
			--*most;
			set(map, w * 64 + b, false);
			put(w * 64 + b);
		}
	return false;
}

/* In a storm of changes, what waits is not written after each of them. */
static void earn_credit(void)
{
	int64_t earned = shell.now_ms - cache.refreshed_ms;

	cache.credit = earned < BOARD_CREDIT - cache.credit ? cache.credit + (unsigned)earned
	                                                    : BOARD_CREDIT;
	cache.refreshed_ms = shell.now_ms;
}

void board_publish(void)
{
	unsigned all = IPC_BOARD_ROWS;

	if (!ipc_board)
		return;
	if (ipc_board->blank || cache.all_marked || shell.engine->shutdown != cache.was_shutdown)
		mark_every_row();
	if (cache.wishes_marked)
		mark_changed_wishes();
	if (!cache.any_marked && !cache.any_stale)
		return;
	earn_credit();
	if (!cache.any_marked && !cache.credit)
		return;
	ipc_board->begin(shell.config->n, cache.any_marked);
	if (cache.any_marked) {
		memcpy(cache.stale, cache.passing, sizeof cache.stale);
		cache.any_marked = put_some(cache.marked, &all);
	}
	cache.any_stale = put_some(cache.stale, &cache.credit);
	ipc_board->end();
}

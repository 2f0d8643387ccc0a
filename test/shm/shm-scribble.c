/* shm-scribble.c - writes over the slots of the shm method, as only the supervisor's
 * own user can.
 *
 *   shm-scribble RUNDIR MS SEED      for so long: random bytes everywhere, and words that
 *                                    look right, of the living, the dead and of nobody
 *   shm-scribble RUNDIR fill STATE PID     every word in this state, and ends
 *   shm-scribble RUNDIR unask MS     for so long: no slot is said to be published
 *   shm-scribble RUNDIR used         how many slots are not free
 *
 * The one thing that it never writes is the verb of a command: whatever is carried out
 * meanwhile was a client's.  Prints how much it wrote. */
#include <signal.h>
#include <unistd.h>

#include "ipc/record.h"
#include "test/fuzz/choice.h"
#include "test/shm/slots.h"

#define PIECES (sizeof(struct slots) / sizeof(uint32_t))
#define VERB_PIECE (offsetof(struct ipc_record, verb) / sizeof(uint32_t))
#define NO_VERB 0x01000100u  /* in either byte order: a verb above all that there are */

static struct sysv_holder holder;
static struct slots *slots;
static unsigned long long written, words;

static bool is_verb(size_t piece)
{
	size_t first = offsetof(struct slots, slot) / sizeof(uint32_t);
	size_t record = sizeof(struct ipc_record) / sizeof(uint32_t);

	return piece >= first && (piece - first) % (2 * record) == VERB_PIECE;
}

static void scribble_piece(struct choice *s, size_t piece)
{
	uint32_t value = (uint32_t)choice_take(s, 4);

	if (choice_once_in(s, 4)) /* numbers that mean something */
		value &= 7;
	if (is_verb(piece))
		value |= NO_VERB;
	atomic_store_explicit((_Atomic uint32_t *)slots + piece, value, memory_order_relaxed);
	written++;
}

static pid_t some_pid(struct choice *s)
{
	switch (choice_pick(s, 8)) {
	case 0: return 0;
	case 1: return 1;
	case 2: return -1;
	case 3: return getpid();
	case 4: return getppid();
	case 5: return holder.pid;
	default: return (pid_t)choice_take(s, choice_once_in(s, 2) ? 2 : 4);
	}
}

/* What a client or the supervisor might have written: the generation mostly stays. */
static void scribble_word(struct choice *s)
{
	_Atomic uint64_t *word = &slots->word[choice_pick(s, SHM_SLOTS)];
	uint64_t old = atomic_load_explicit(word, memory_order_relaxed), fresh = old;

	if (choice_once_in(s, 4))
		fresh += (uint64_t)choice_take(s, 1) << 3;
	if (choice_once_in(s, 2))
		fresh = (fresh & UINT32_MAX) | (uint64_t)(uint32_t)some_pid(s) << 32;
	atomic_store(word, (fresh & ~(uint64_t)7) | choice_pick(s, 8));
	words++;
}

static void scribble(int64_t ms, uint64_t seed)
{
	struct choice s = choice_of_seed(seed);
	int64_t until = record_now_ms() + ms;
	size_t next = 0;

	while (record_now_ms() < until)
		for (unsigned i = 0; i < 1024; i++) {
			scribble_piece(&s, next); /* so it comes to every byte */
			next = (next + 1) % PIECES;
			scribble_piece(&s, (size_t)choice_take(&s, 4) % PIECES);
			scribble_word(&s);
			if (choice_once_in(&s, 256) && choice_once_in(&s, 16))
				sysv_ring(holder.pid);
		}
	sysv_ring(holder.pid);
}

static void fill(enum slot_state state, pid_t pid)
{
	for (uint32_t i = 0; i < SHM_SLOTS; i++)
		atomic_store(&slots->word[i], (uint64_t)(uint32_t)pid << 32 | 8 | state);
	words = SHM_SLOTS;
}

/* Nobody has asked, it says all the time. */
static void unask(int64_t ms)
{
	int64_t until = record_now_ms() + ms;

	while (record_now_ms() < until)
		for (unsigned i = 0; i < 1024 * SHM_SLOTS / 64; i++)
			atomic_store(&slots->asked[i % (SHM_SLOTS / 64)], 0);
}

int main(int argc, char **argv)
{
	if (argc < 3)
		return 2;
	slots = shm_attach(argv[1], &holder);
	if (strcmp(argv[2], "used") == 0) {
		printf("%u\n", shm_used(slots));
		return 0;
	}
	if (argc == 5 && strcmp(argv[2], "fill") == 0)
		fill((enum slot_state)atoi(argv[3]), (pid_t)atoi(argv[4]));
	else if (argc == 4 && strcmp(argv[2], "unask") == 0)
		unask(atoll(argv[3]));
	else if (argc == 4)
		scribble(atoll(argv[2]), strtoull(argv[3], NULL, 10));
	else
		return 2;
	printf("%llu bytes, %llu words, of a segment of %zu bytes\n", written * sizeof(uint32_t), words,
	       sizeof *slots);
	return 0;
}

/* choice.h - where the fuzzers' choices come from: the bytes of an input, until
 * they are used up, or a generator with a seed, for ever. */
#ifndef FUZZ_CHOICE_H
#define FUZZ_CHOICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct choice {
	const uint8_t *at, *end; /* of an input */
	uint64_t state;          /* of the generator */
	bool endless;
};

static inline struct choice choice_of_input(const uint8_t *bytes, size_t n)
{
	return (struct choice){.at = bytes, .end = bytes + n};
}

static inline struct choice choice_of_seed(uint64_t seed)
{
	return (struct choice){.state = seed, .endless = true};
}

/* Is there anything left to choose from? */
static inline bool choice_lasts(const struct choice *s)
{
	return s->endless || s->at < s->end;
}

/* splitmix64: every seed gives another sequence, none is bad. */
static inline uint64_t choice_next(struct choice *s)
{
	uint64_t z = s->state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

/* An unsigned number of so many bytes (1 to 8); what an input lacks is 0. */
static inline uint64_t choice_take(struct choice *s, unsigned bytes)
{
	uint64_t v = 0;

	if (s->endless)
		return choice_next(s) >> (64 - 8 * bytes);
	for (unsigned i = 0; i < bytes && s->at < s->end; i++)
		v |= (uint64_t)*s->at++ << 8 * i;
	return v;
}

/* One of 0 .. n - 1 (n up to 65536). */
static inline unsigned choice_pick(struct choice *s, unsigned n)
{
	return (unsigned)choice_take(s, n > 256 ? 2 : 1) % n;
}

/* Once in n times; never when an input has ended. */
static inline bool choice_once_in(struct choice *s, unsigned n)
{
	return choice_pick(s, n) == n - 1;
}

static inline void choice_fill(struct choice *s, void *to, size_t n)
{
	size_t i = 0;

	for (; i + 8 <= n; i += 8) {
		uint64_t v = choice_take(s, 8);

		memcpy((char *)to + i, &v, 8);
	}
	for (; i < n; i++)
		((uint8_t *)to)[i] = (uint8_t)choice_take(s, 1);
}

#endif

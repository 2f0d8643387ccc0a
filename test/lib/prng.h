/* prng.h - random numbers that a seed repeats (splitmix64). */
#ifndef TEST_LIB_PRNG_H
#define TEST_LIB_PRNG_H

#include <stdbool.h>
#include <stdint.h>

struct prng {
	uint64_t state;
};

static inline uint64_t prng_u64(struct prng *r)
{
	uint64_t z = r->state += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

/* 0 .. n-1, n > 0 */
static inline uint32_t prng_below(struct prng *r, uint32_t n)
{
	return (uint32_t)(prng_u64(r) >> 32) % n;
}

/* True in `percent` of a hundred cases. */
static inline bool prng_chance(struct prng *r, uint32_t percent)
{
	return prng_below(r, 100) < percent;
}

#endif

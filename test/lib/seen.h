/* seen.h - what all explorers share: the states that one has met, as hashes, and memory that
 * grows.  No memory ends the program. */
#ifndef TEST_LIB_SEEN_H
#define TEST_LIB_SEEN_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct seen {
	uint64_t *table;           /* open addressing; 0 is free */
	size_t n, room;
};

/* Canonical form: a running hash of 64 bits over whatever a decision looks at. */
static inline void mix(uint64_t *h, uint64_t v)
{
	uint64_t z = (*h ^ v) * 0x9e3779b97f4a7c15u;

	*h = (z ^ (z >> 29)) * 0xbf58476d1ce4e5b9u;
	*h ^= *h >> 32;
}

/* realloc(3) that does not fail. */
static inline void *grown(void *old, size_t bytes)
{
	void *p = realloc(old, bytes);

	if (!p) {
		perror("realloc");
		exit(2);
	}
	return p;
}

static inline void seen_put(uint64_t *table, size_t room, uint64_t h)
{
	size_t k = h & (room - 1);

	while (table[k])
		k = (k + 1) & (room - 1);
	table[k] = h;
}

static inline void seen_grow(struct seen *s)
{
	size_t room = s->room ? s->room * 4 : 4096;
	uint64_t *table = calloc(room, sizeof *table);

	if (!table) {
		perror("calloc");
		exit(2);
	}
	for (size_t k = 0; k < s->room; k++)
		if (s->table[k])
			seen_put(table, room, s->table[k]);
	free(s->table);
	s->table = table;
	s->room = room;
}

/* Is this hash (not 0) new?  Then it is kept. */
static inline bool seen_is_new(struct seen *s, uint64_t h)
{
	if (2 * s->n >= s->room)
		seen_grow(s);
	for (size_t k = h & (s->room - 1); s->table[k]; k = (k + 1) & (s->room - 1))
		if (s->table[k] == h)
			return false;
	seen_put(s->table, s->room, h);
	s->n++;
	return true;
}

/* Forgets all.  Small again for each graph: most are, and then it stays in the
 * processor's cache. */
static inline void seen_clear(struct seen *s)
{
	free(s->table);
	*s = (struct seen){.table = NULL};
}

#endif

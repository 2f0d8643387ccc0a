/* reasons.c - the rows of text, and behind them those of bits. */
#include "src/launch/reasons.h"

#include <assert.h>
#include <string.h>
#include <sys/mman.h>

#include "src/tree/entries.h"

/* That a row has a text: asked first, so that the rows of others are not even looked at. */
#define HAS_TEXT ((uint64_t)1 << 63)

static_assert(ENTRY_N <= 63, "each entry has a bit");
static_assert(WORDS_MAX % sizeof(uint64_t) == 0, "the bits are aligned");

static size_t bytes_of(uint32_t n)
{
	return ((size_t)n + 1) * (WORDS_MAX + sizeof(uint64_t));
}

int reasons_prepare(struct reasons *r, uint32_t n)
{
	void *at = mmap(NULL, bytes_of(n), PROT_READ | PROT_WRITE,
	                MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	*r = (struct reasons){.n = 0};
	if (at == MAP_FAILED)
		return -1;
	*r = (struct reasons){.at = at, .said = (uint64_t *)at + (WORDS_MAX / 8) * ((size_t)n + 1), .n = n};
	return 0;
}

void reasons_free(struct reasons *r)
{
	if (r->at)
		munmap(r->at, bytes_of(r->n));
	*r = (struct reasons){.n = 0};
}

void reasons_move(struct reasons *was, struct reasons *now, const uint32_t *map)
{
	for (uint32_t i = 0; map && i < was->n; i++)
		if (map[i] < now->n && was->said[i] & HAS_TEXT) {
			memcpy(now->at[map[i]], was->at[i], WORDS_MAX);
			now->said[map[i]] |= HAS_TEXT;
		}
	reasons_free(was);
}

void reasons_set(struct reasons *r, uint32_t svc, const char *text, size_t n)
{
	char *at = svc < r->n ? r->at[svc] : NULL;

	n = strnlen(text, n < WORDS_MAX - 1 ? n : WORDS_MAX - 1);
	if (!at || (!n && !(r->said[svc] & HAS_TEXT)))
		return;
	r->said[svc] = n ? r->said[svc] | HAS_TEXT : r->said[svc] & ~HAS_TEXT;
	memcpy(at, text, n);
	at[n] = '\0';
}

const char *reasons_of(const struct reasons *r, uint32_t svc)
{
	return svc < r->n && r->said[svc] & HAS_TEXT ? r->at[svc] : "";
}

bool reasons_is_news(struct reasons *r, uint32_t svc, unsigned entry)
{
	uint64_t bit = (uint64_t)1 << entry;
	bool news = svc < r->n && !(r->said[svc] & bit);

	if (news)
		r->said[svc] |= bit;
	return news;
}

/* limits_words.c - names and numbers of resource limits: one table for both directions. */
#include "src/tree/limits_words.h"

#include <string.h>
#include <sys/resource.h>

static const struct { char name[12]; int resource; } names[] = {
	{"as", RLIMIT_AS}, {"core", RLIMIT_CORE}, {"cpu", RLIMIT_CPU}, {"data", RLIMIT_DATA},
	{"fsize", RLIMIT_FSIZE}, {"locks", RLIMIT_LOCKS}, {"memlock", RLIMIT_MEMLOCK},
	{"msgqueue", RLIMIT_MSGQUEUE}, {"nice", RLIMIT_NICE}, {"nofile", RLIMIT_NOFILE},
	{"nproc", RLIMIT_NPROC}, {"rss", RLIMIT_RSS}, {"rtprio", RLIMIT_RTPRIO},
	{"rttime", RLIMIT_RTTIME}, {"sigpending", RLIMIT_SIGPENDING}, {"stack", RLIMIT_STACK},
};

bool limits_find(const char *word, size_t n, uint64_t *resource)
{
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strlen(names[i].name) == n && memcmp(word, names[i].name, n) == 0) {
			*resource = (uint64_t)names[i].resource;
			return true;
		}
	return false;
}

static const char *name_of(uint64_t resource)
{
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if ((uint64_t)names[i].resource == resource)
			return names[i].name;
	return "?";
}

static void put_limit(struct text *t, uint64_t limit)
{
	text_char(t, ' ');
	if (limit == RLIM_INFINITY)
		text_str(t, "unlimited");
	else
		text_u64(t, limit);
}

void limits_put(struct text *t, const uint64_t *number, uint32_t n)
{
	for (uint32_t i = 0; i + 2 < n; i += 3) {
		text_str(t, i ? ", " : "");
		text_str(t, name_of(number[i]));
		put_limit(t, number[i + 1]);
		put_limit(t, number[i + 2]);
	}
}

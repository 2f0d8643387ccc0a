/* beside.c - finds programs that were installed with this one. */
#include "src/shell/beside.h"

#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "ipc/text.h"

/* NAME in place of the last part of `sibling`: true if it can be executed. */
static bool is_at(const char *sibling, const char *name, char *path, size_t cap)
{
	const char *slash = strrchr(sibling, '/');
	struct text t;

	if (!slash)
		return false;
	text_init(&t, path, cap);
	text_mem(&t, sibling, (size_t)(slash - sibling) + 1);
	text_str(&t, name);
	return !t.cut && access(path, X_OK) == 0;
}

static const char *own_binary(char *link, size_t cap)
{
	ssize_t n = readlink("/proc/self/exe", link, cap - 1);

	link[n > 0 ? n : 0] = '\0';
	return link;
}

void beside(const char *argv0, const char *name, char *path, size_t cap)
{
	char link[PATH_MAX];

	if (!is_at(own_binary(link, sizeof link), name, path, cap) && !is_at(argv0, name, path, cap))
		is_at(CINIT_SBINDIR "/", name, path, cap);
}

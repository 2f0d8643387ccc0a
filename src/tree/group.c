/* group.c - a word, and its line in /etc/group (group(5)). */
#include "src/tree/group.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "ipc/text.h"
#include "src/tree/file.h"
#include "src/tree/table.h"
#include "src/limits.h"

#define OVERFLOW_GROUP 65534        /* what the kernel shows for groups that have no number here */

static int group_of(const char *word, size_t n, gid_t *group, const char **why)
{
	uint32_t id;

	if (table_number(word, n, &id)) {
		*group = id;
	} else if (!n || memchr(word, '\n', n) || memchr(word, ':', n) || memchr(word, '\0', n)) {
		*why = "not the name or number of one group";
		return -1;
	} else if (table_id_of("/etc/group", word, n, &id) < 0) {
		*why = errno == ENOENT ? "no such group in /etc/group" : file_error(errno);
		return -1;
	}
	*group = id;
	if (id != OVERFLOW_GROUP)
		return 1;
	*why = "group " LIMIT_TEXT(OVERFLOW_GROUP) " is that of everybody who has none here";
	return -1;
}

int group_of_ipc_file(const char *path, gid_t *group, const char **why)
{
	char word[CONFIG_VALUE_MAX + 1]; /* one more shows that it is too long */
	size_t n;
	int r = file_begin(AT_FDCWD, path, word, sizeof word, &n);

	if (r < 0)
		*why = file_error(errno);
	if (r <= 0)
		return r;
	if (n > 0 && n < sizeof word && word[n - 1] == '\n')
		n--;
	return group_of(word, n == sizeof word ? 0 : n, group, why);
}

/* group.c - a word, and its line in /etc/group (group(5)). */
#include "src/config/group.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ipc/text.h"
#include "src/limits.h"

#define LAST_GROUP (UINT32_MAX - 1) /* the very last number stands for none */
#define OVERFLOW_GROUP 65534        /* what the kernel shows for groups that have no number here */

/* Looking first keeps a device from being opened, O_NONBLOCK a FIFO from waiting. */
static int open_file(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return -1;
	if (S_ISREG(st.st_mode))
		return open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	errno = EINVAL;
	return -1;
}

/* NAME:PASSWORD:NUMBER:MEMBERS */
static bool is_line_of(const char *line, size_t len, const char *name, size_t n, gid_t *group)
{
	const char *colon, *number, *end;
	uint64_t value;

	if (len <= n || memcmp(line, name, n) != 0 || line[n] != ':')
		return false;
	colon = memchr(line + n + 1, ':', len - n - 1);
	if (!colon)
		return false;
	number = colon + 1;
	end = memchr(number, ':', (size_t)(line + len - number));
	if (!end || !parse_u64(number, (size_t)(end - number), LAST_GROUP, &value))
		return false;
	*group = (gid_t)value;
	return true;
}

/* Looks through the lines that begin in buf; how many bytes of it have been used.
 * `inside` a line: whose beginning is gone. */
static size_t look(const char *buf, size_t len, bool *inside, const char *name, size_t n,
                   gid_t *group, bool *found)
{
	size_t at = 0;

	while (at < len && !*found) {
		const char *end = memchr(buf + at, '\n', len - at);

		if (!end)
			break;
		*found = !*inside && is_line_of(buf + at, (size_t)(end - buf) - at, name, n, group);
		*inside = false;
		at = (size_t)(end - buf) + 1;
	}
	return at;
}

/* A line may be longer than what is read of it: what matters stands in front. */
int group_find(const char *file, const char *name, size_t n, gid_t *group)
{
	char buf[CONFIG_GROUP_PART];
	size_t have = 0, total = 0, used;
	bool found = false, inside = false;
	ssize_t got;
	int fd = open_file(file);

	if (fd < 0)
		return -1;
	while (!found && total < CONFIG_FILE_MAX && (got = read(fd, buf + have, sizeof buf - have)) > 0) {
		total += (size_t)got;
		have += (size_t)got;
		used = look(buf, have, &inside, name, n, group, &found);
		if (!used && have == sizeof buf) {
			found = !inside && is_line_of(buf, have, name, n, group);
			inside = true;
			used = have;
		}
		have -= used;
		memmove(buf, buf + used, have);
	}
	if (!found && have && !inside)
		found = is_line_of(buf, have, name, n, group);
	close(fd);
	if (found)
		return 0;
	errno = ENOENT;
	return -1;
}

static int group_of(const char *word, size_t n, gid_t *group, const char **why)
{
	uint64_t number;

	if (parse_u64(word, n, LAST_GROUP, &number)) {
		*group = (gid_t)number;
	} else if (!n || memchr(word, '\n', n) || memchr(word, ':', n) || memchr(word, '\0', n)) {
		*why = "not the name or number of one group";
		return -1;
	} else if (group_find("/etc/group", word, n, group) < 0) {
		*why = errno == ENOENT ? "no such group in /etc/group" : strerror(errno);
		return -1;
	}
	if (*group != OVERFLOW_GROUP)
		return 1;
	*why = "group 65534 is that of everybody who has none here";
	return -1;
}

int group_of_ipc_file(const char *path, gid_t *group, const char **why)
{
	char word[CONFIG_VALUE_MAX + 1]; /* one more shows that it is too long */
	struct stat st;
	ssize_t n;
	int fd;

	fd = open_file(path);
	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR) && lstat(path, &st) < 0)
		return 0;
	n = fd < 0 ? -1 : read(fd, word, sizeof word);
	if (n < 0)
		*why = errno == EINVAL ? "not a file" : strerror(errno);
	if (fd >= 0)
		close(fd);
	if (n < 0)
		return -1;
	if (n > 0 && n < (ssize_t)sizeof word && word[n - 1] == '\n')
		n--;
	return group_of(word, n == sizeof word ? 0 : (size_t)n, group, why);
}

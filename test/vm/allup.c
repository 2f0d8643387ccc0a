/* allup.c - vm-allup NAME N...: waits until at least N processes called NAME run
 * (by argv[0]: the file is `on` for cinit) and every FILE that begins with / is there, then says on the console how long
 * after the kernel's first message that was. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { NAMES_MAX = 32 };

static int seen[NAMES_MAX];

static void look(int n, char **words)
{
	DIR *d = opendir("/proc");
	const struct dirent *e;
	char path[300], line[256], *name;
	ssize_t len;
	int fd;

	memset(seen, 0, sizeof seen);
	while (d && (e = readdir(d))) {
		if (e->d_name[0] < '1' || e->d_name[0] > '9')
			continue;
		snprintf(path, sizeof path, "/proc/%s/cmdline", e->d_name);
		fd = open(path, O_RDONLY);
		len = fd < 0 ? 0 : read(fd, line, sizeof line - 1);
		if (fd >= 0)
			close(fd);
		if (len < 1)
			continue;
		line[len] = '\0'; /* argv[0] ends with a NUL of its own */
		name = strrchr(line, '/');
		for (int i = 0; i < n; i++)
			seen[i] += strcmp(name ? name + 1 : line, words[2 * i]) == 0;
	}
	if (d)
		closedir(d);
}

static int all(int n, char **words)
{
	look(n, words);
	for (int i = 0; i < n; i++)
		if (words[2 * i][0] == '/' ? access(words[2 * i], F_OK) < 0
		                           : seen[i] < atoi(words[2 * i + 1]))
			return 0;
	return 1;
}

int main(int argc, char **argv)
{
	const struct timespec pause_ns = {.tv_nsec = 10000000};
	struct timespec now;
	int n = (argc - 1) / 2;

	if (n < 1 || n > NAMES_MAX || argc % 2 == 0)
		return 2;
	while (!all(n, argv + 1))
		nanosleep(&pause_ns, NULL);
	clock_gettime(CLOCK_BOOTTIME, &now);
	printf("ALL UP %ld.%03ld\n", (long)now.tv_sec, now.tv_nsec / 1000000);
	fflush(stdout);
	return 0;
}

/* writer.c - vm-writer DIR: writes files and makes each last, one after the other.
 *
 * File n is DIR/f<n>: its own number over and over, 4 bytes each, in 1 to 16 KiB.
 * It is fsync'ed, then DIR is, before the next is begun: so when the power goes,
 * all but the newest must be whole.  Starts behind the last that is there.  Where
 * DIR is on the file system of /, there is no disk, and it only waits. */
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILES = 200 }; /* then from the first again: the disk is small */

static int write_file(uint32_t n)
{
	static uint32_t words[4096];
	size_t bytes = 1024 * (1 + n * 7 % 16);
	char name[32];
	int fd, r;

	for (size_t i = 0; i < bytes / 4; i++)
		words[i] = n;
	snprintf(name, sizeof name, "f%u", (unsigned)(n % FILES));
	fd = open("new", O_WRONLY | O_CREAT | O_TRUNC, 0644);
	if (fd < 0)
		return -1;
	r = write(fd, words, bytes) == (ssize_t)bytes ? fsync(fd) : -1;
	close(fd);
	return r < 0 ? -1 : rename("new", name);
}

/* The newest number that was made to last, in a file of its own. */
static uint32_t last(void)
{
	uint32_t n = 0;
	int fd = open("last", O_RDONLY);

	if (fd >= 0 && read(fd, &n, sizeof n) != sizeof n)
		n = 0;
	if (fd >= 0)
		close(fd);
	return n;
}

static int note(uint32_t n)
{
	int fd = open("last", O_WRONLY | O_CREAT, 0644), r;

	if (fd < 0)
		return -1;
	r = pwrite(fd, &n, sizeof n, 0) == sizeof n ? fsync(fd) : -1;
	close(fd);
	return r;
}

int main(int argc, char **argv)
{
	struct stat root, here;
	int dir;

	if (argc != 2 || chdir(argv[1]) < 0 || stat("/", &root) < 0 || stat(".", &here) < 0)
		return 2;
	while (root.st_dev == here.st_dev)
		pause();
	dir = open(".", O_RDONLY | O_DIRECTORY);
	for (uint32_t n = last() + 1; dir >= 0; n++)
		if (write_file(n) < 0 || fsync(dir) < 0 || note(n) < 0)
			break;
	perror("vm-writer");
	return 1;
}

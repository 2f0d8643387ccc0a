/* kexec.c - vm-kexec KERNEL INITRD WORDS: loads what a kexec boots next.
 * kexec_file_load(2), by its number: not every libc has a name for it. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int kernel, initrd;

	if (argc != 4) {
		fprintf(stderr, "usage: vm-kexec KERNEL INITRD WORDS\n");
		return 2;
	}
	kernel = open(argv[1], O_RDONLY | O_CLOEXEC);
	initrd = open(argv[2], O_RDONLY | O_CLOEXEC);
	if (kernel >= 0 && initrd >= 0
	    && syscall(SYS_kexec_file_load, kernel, initrd, strlen(argv[3]) + 1, argv[3], 0L) == 0)
		return 0;
	fprintf(stderr, "vm-kexec: %s: %s\n", argv[1], strerror(errno));
	return 1;
}

/* deny.c - executes a program for which the kernel lacks some system calls.
 *
 *   deny ERROR CALL[,CALL...] PROGRAM [ARG...]
 *
 * Each CALL fails with ERROR (a number) in PROGRAM and all its children: a seccomp
 * filter (seccomp(2)), as a container's.  An execve can not be denied. */
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Of <linux/filter.h> and <linux/seccomp.h>, which not every libc comes with. */
struct filter {
	uint16_t code;
	uint8_t yes, no;
	uint32_t k;
};

struct program {
	unsigned short len;
	struct filter *filter;
};

#define LOAD_WORD 0x20       /* BPF_LD | BPF_W | BPF_ABS */
#define JUMP_EQUAL 0x15      /* BPF_JMP | BPF_JEQ | BPF_K */
#define RETURN 0x06          /* BPF_RET | BPF_K */
#define ALLOW 0x7fff0000u    /* SECCOMP_RET_ALLOW */
#define FAIL 0x00050000u     /* SECCOMP_RET_ERRNO */
#define FILTER_MODE 2        /* SECCOMP_MODE_FILTER */

static const struct { char name[16]; long number; } calls[] = {
	{"msgget", SYS_msgget}, {"shmget", SYS_shmget}, {"semget", SYS_semget},
	{"mknodat", SYS_mknodat},
#ifdef SYS_mknod
	{"mknod", SYS_mknod},
#endif
	{"socket", SYS_socket}, {"inotify_init1", SYS_inotify_init1}, {"mq_open", SYS_mq_open},
	{"signalfd4", SYS_signalfd4}, {"setgid", SYS_setgid}, {"setresgid", SYS_setresgid},
};

static long number_of(const char *name)
{
	for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
		if (strcmp(calls[i].name, name) == 0)
			return calls[i].number;
	fprintf(stderr, "deny: %s: not a call that it knows\n", name);
	exit(2);
}

int main(int argc, char **argv)
{
	struct filter filter[64] = {{LOAD_WORD, 0, 0, 0 /* the number */}};
	struct program p = {1, filter};

	if (argc < 4)
		return 2;
	for (char *name = strtok(argv[2], ","); name && p.len < 60; name = strtok(NULL, ",")) {
		filter[p.len++] = (struct filter){JUMP_EQUAL, 0, 1, (uint32_t)number_of(name)};
		filter[p.len++] = (struct filter){RETURN, 0, 0, FAIL | (uint32_t)atoi(argv[1])};
	}
	filter[p.len++] = (struct filter){RETURN, 0, 0, ALLOW};
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_SECCOMP, FILTER_MODE, &p) < 0) {
		perror("deny");
		return 125;
	}
	execvp(argv[3], argv + 3);
	perror(argv[3]);
	return 127;
}

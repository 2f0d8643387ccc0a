/* spawn_child.h - inside process.c: what happens between clone and exec. */
#ifndef CINIT_SHELL_SPAWN_CHILD_H
#define CINIT_SHELL_SPAWN_CHILD_H

#include <stdbool.h>
#include <stdint.h>

/* Can children share our memory here?  (Needs raw system calls, which are
 * written per machine; not under sanitizers, which keep books in memory.) */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || defined(SPAWN_FORK)
#define SPAWN_SHARES_MEMORY 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer)
#define SPAWN_SHARES_MEMORY 0
#endif
#endif
#if !defined(SPAWN_SHARES_MEMORY) && (defined(__x86_64__) || defined(__aarch64__))
#define SPAWN_SHARES_MEMORY 1
#elif !defined(SPAWN_SHARES_MEMORY)
#define SPAWN_SHARES_MEMORY 0
#endif

struct spawn_fd;
struct ids;

struct child {
	const char *path;
	char **argv, **envp;
	int report_fd;            /* write end of the pipe */
	bool limit, tty;
	uint16_t n_fds;
	const struct spawn_fd *fds;
	char *pid;                /* digits to be filled in, or NULL */
	const struct ids *ids;    /* only where memory is not shared */
	uint64_t nofile_soft, nofile_hard;
};

/* What a child writes when a step fails. */
struct child_report {
	int32_t step; /* enum spawn_step */
	int32_t err;  /* errno */
};

/* The child's whole life; never returns.  Makes system calls only, by way of
 * no libc: it may run in the parent's memory, where errno is the parent's. */
int spawn_child(void *child);

#endif

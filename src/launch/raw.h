/* raw.h - system calls by way of no libc, for a child that may share the memory of the
 * process that made it: nothing of libc's is touched, errno neither.
 *
 * PLAIN stands before every function that runs in such a child: a stack protector's canary
 * lives in thread storage, which is the parent's. */
#ifndef CINIT_LAUNCH_RAW_H
#define CINIT_LAUNCH_RAW_H

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Can children share our memory here?  (Needs the calls below, which are written per
 * machine; not under sanitizers, which keep books in memory.) */
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

#if defined(__has_attribute)
#if __has_attribute(no_stack_protector)
#define PLAIN __attribute__((no_stack_protector))
#endif
#endif
#ifndef PLAIN
#define PLAIN
#endif

/* The result, or -errno. */
#if defined(__x86_64__)
PLAIN static inline long raw(long n, long a, long b, long c, long d, long e)
{
	long r;
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;

	__asm__ volatile("syscall" : "=a"(r) : "a"(n), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8)
	                 : "rcx", "r11", "memory");
	return r;
}
#elif defined(__aarch64__)
PLAIN static inline long raw(long n, long a, long b, long c, long d, long e)
{
	register long x8 __asm__("x8") = n;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;

	__asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4) : "memory");
	return x0;
}
#else
/* Elsewhere children are forked, and errno is their own. */
static inline long raw(long n, long a, long b, long c, long d, long e)
{
	long r = syscall(n, a, b, c, d, e);

	return r < 0 ? -errno : r;
}
#endif

#endif

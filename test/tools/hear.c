/* hear.c - writes down every signal that it gets, by number, a line each.
 *
 * hear FILE END [CODE]: creates FILE with a line "ready", and ends with CODE (0)
 * when it gets the signal END.  All signals are blocked, by the system call
 * itself, so that nothing but KILL and STOP has any other effect.  After two
 * minutes without one it ends with 3: whoever sends them has gone. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	uint64_t all = ~(uint64_t)0;
	struct { long s, ns; } patience = {120, 0};
	FILE *f;
	long sig;

	if (argc < 3)
		return 2;
	syscall(SYS_rt_sigprocmask, 0 /* SIG_BLOCK */, &all, NULL, sizeof all);
	f = fopen(argv[1], "w");
	if (!f)
		return 2;
	setvbuf(f, NULL, _IOLBF, 0);
	fprintf(f, "ready\n");
	do {
		sig = syscall(SYS_rt_sigtimedwait, &all, NULL, &patience, sizeof all);
		if (sig > 0)
			fprintf(f, "%ld\n", sig);
		else if (errno == EAGAIN)
			return 3;
	} while (sig != atoi(argv[2]));
	return argc > 3 ? atoi(argv[3]) : 0;
}

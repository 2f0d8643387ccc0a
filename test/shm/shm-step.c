/* shm-step.c - kills a client after every single instruction of a request.
 *
 *   shm-step RUNDIR NAME FIRST STRIDE
 *
 * For k = FIRST, FIRST + STRIDE, ... a fresh client, which has asked once before, is
 * stepped (ptrace(2)) from the beginning of a request for the status of NAME: after k
 * instructions it is killed, until one comes to its end.  Meanwhile, after each few,
 * an honest client is answered within a second.  Prints
 * "N killed, the last after N of N instructions, N left a slot in use, N honest, slowest
 * N ms". */
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ipc/client.h"
#include "test/shm/slots.h"

#define HONEST_EVERY 16   /* kills from one honest request to the next */
#define HONEST_MS 1000
#define MOST 100000       /* instructions: a request that has no end */

static const char *rundir, *name;
static long long slowest_ms;

static int ask(struct ipc_client *c, int64_t ms)
{
	struct ipc_record q, a;
	int64_t before = record_now_ms();

	record_init(&q);
	q.id = ipc_random_id();
	q.verb = VERB_STATUS;
	record_set_name(&q, name, strlen(name));
	if (ipc_request(c, &q) < 0 || ipc_next_answer(c, &a, before + ms) < 0)
		return -1;
	return a.id == q.id && a.result == RES_DONE ? 0 : -1;
}

/* The client whose request is stepped through, between two stops. */
static _Noreturn void stepped(void)
{
	struct ipc_client c;

	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0 || ipc_connect(&c, rundir) < 0
	    || ask(&c, HONEST_MS) < 0)
		_exit(1);
	raise(SIGSTOP);
	_exit(ask(&c, 10 * HONEST_MS) < 0);
}

static _Noreturn void give_up(const char *what, unsigned long k)
{
	fprintf(stderr, "shm-step: after %lu instructions: %s: %s\n", k, what, strerror(errno));
	exit(1);
}

/* After so many instructions it is killed; false if it has come to its end before,
 * *steps says after how many. */
static bool kill_after(unsigned long k, unsigned long *steps)
{
	pid_t pid = fork();
	int status = 0;

	if (pid == 0)
		stepped();
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status))
		give_up("no client to be stepped", k);
	for (*steps = 0; *steps < k; ++*steps) {
		if (ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL) < 0 || waitpid(pid, &status, 0) != pid)
			give_up("ptrace", *steps);
		if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
			return false;
		if (!WIFSTOPPED(status) || *steps > MOST)
			give_up("the client has failed", *steps);
	}
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	return true;
}

static void ask_honestly(unsigned long k)
{
	int64_t before = record_now_ms(), took;
	struct ipc_client c;

	if (ipc_connect(&c, rundir) < 0)
		give_up("connect", k);
	if (ask(&c, HONEST_MS) < 0)
		give_up("an honest client is not answered", k);
	ipc_close(&c);
	took = record_now_ms() - before;
	slowest_ms = took > slowest_ms ? took : slowest_ms;
}

int main(int argc, char **argv)
{
	unsigned long k, stride, steps, kills = 0, left = 0, asked = 0;
	struct sysv_holder holder;
	struct slots *slots;
	unsigned used_before = 0;

	if (argc != 5 || (stride = strtoul(argv[4], NULL, 10)) == 0)
		return 2;
	rundir = argv[1];
	name = argv[2];
	slots = shm_attach(rundir, &holder);
	for (k = strtoul(argv[3], NULL, 10); kill_after(k, &steps); k += stride) {
		unsigned used = shm_used(slots);

		left += used > used_before;
		if (++kills % HONEST_EVERY == 0) {
			ask_honestly(k);
			asked++;
		}
		used_before = shm_used(slots);
	}
	printf("%lu killed, the last after %lu of %lu instructions, %lu left a slot in use, %lu honest, "
	       "slowest %lld ms\n", kills, k - stride, steps, left, asked, slowest_ms);
	return 0;
}

/* ipc-kill.c - a client that is killed in the middle: connect, request, answer, close,
 * and at one of its system calls, before or after it, KILL.
 *
 *   ipc-kill RUNDIR status NAME KILLS
 *   ipc-kill RUNDIR command NAME KILLS FILE
 *
 * Kills one client at each of them, and goes round until there were KILLS.  After each an honest client asks the same;
 * a command it repeats under the same id: the service NAME, which appends one byte to
 * FILE each time that it runs, must have run once more, never twice.  Prints
 * "N stops, N kills, N honest failed, slowest N ms, echo N ms, N not executed once". */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ipc/client.h"
#include "test/tools/echo.h"

#define ANSWER_MS 20000
#define EXPIRES_MS 4000
#define SYSCALL_STOP (SIGTRAP | 0x80)

static const char *rundir, *service, *file;
static unsigned kills, failed, not_once;
static int64_t slowest_ms, slowest_echo_ms;

static struct ipc_record request(enum verb verb, enum goal goal)
{
	struct ipc_record r;

	record_init(&r);
	r.id = ipc_random_id();
	r.verb = (uint16_t)verb;
	r.goal = (uint16_t)goal;
	r.expires_ms = record_now_ms() + EXPIRES_MS;
	record_set_name(&r, service, strlen(service));
	return r;
}

/* One request on a connection of its own: 0 if it was answered as it should be. */
static int ask(const struct ipc_record *q)
{
	struct ipc_client c;
	struct ipc_record a;
	int r = -1;

	if (ipc_connect(&c, rundir) < 0)
		return -1;
	if (ipc_request(&c, q) == 0 && ipc_next_answer(&c, &a, record_now_ms() + ANSWER_MS) == 0)
		r = a.id == q->id && (a.result == RES_DONE || a.result == RES_ACCEPTED) ? 0 : -1;
	ipc_close(&c);
	return r;
}

static pid_t start_victim(const struct ipc_record *q)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		_exit(ask(q) < 0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status)
	    || ptrace(PTRACE_SETOPTIONS, pid, NULL, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL) < 0) {
		perror("ipc-kill: a victim");
		exit(2);
	}
	return pid;
}

/* Lets it go to its n-th stop at a system call, and kills it there.  How many it has
 * come to; fewer than n: it has ended before, as it should. */
static unsigned run_victim(const struct ipc_record *q, unsigned n)
{
	pid_t pid = start_victim(q);
	unsigned stops = 0;
	int sig = 0, status = 0;

	while (ptrace(PTRACE_SYSCALL, pid, NULL, (long)sig) == 0 && waitpid(pid, &status, 0) == pid
	       && WIFSTOPPED(status)) {
		sig = WSTOPSIG(status) == SYSCALL_STOP ? 0 : WSTOPSIG(status);
		if (sig || ++stops < n)
			continue;
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
		kills++;
		return stops;
	}
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		failed++;
	return stops;
}

static void check_honest(const struct ipc_record *q)
{
	int64_t before = record_now_ms(), took;

	if (ask(q) < 0) {
		perror("ipc-kill: the honest client");
		failed++;
	}
	took = record_now_ms() - before;
	if (took > slowest_ms)
		slowest_ms = took;
	took = echo_ms();
	if (took > slowest_echo_ms)
		slowest_echo_ms = took;
}

static off_t executions(void)
{
	struct stat st;

	return stat(file, &st) == 0 ? st.st_size : 0;
}

static unsigned status_at(unsigned stop)
{
	struct ipc_record q = request(VERB_STATUS, GOAL_NOW), honest = request(VERB_STATUS, GOAL_NOW);
	unsigned stops = run_victim(&q, stop);

	check_honest(&honest);
	return stops;
}

static unsigned command_at(unsigned stop)
{
	struct ipc_record q = request(VERB_RESTART, GOAL_STARTED), up;
	off_t before = executions();
	unsigned stops = run_victim(&q, stop);

	check_honest(&q);
	up = request(VERB_WAIT, GOAL_UP);
	if (ask(&up) < 0 || executions() != before + 1) {
		fprintf(stderr, "ipc-kill: killed at stop %u: executed %lld times\n", stop,
		        (long long)(executions() - before));
		not_once++;
	}
	return stops;
}

int main(int argc, char **argv)
{
	bool command = argc == 6 && strcmp(argv[2], "command") == 0;
	unsigned (*at)(unsigned stop) = command ? command_at : status_at;
	unsigned stops;

	if (argc < 5)
		return 2;
	rundir = argv[1];
	service = argv[3];
	file = command ? argv[5] : "";
	stops = at(-1u);
	do {
		for (unsigned stop = 1; stop <= stops; stop++)
			at(stop);
	} while (kills < (unsigned)atoi(argv[4]) && !failed);
	printf("%u stops, %u kills, %u honest failed, slowest %lld ms, echo %lld ms, %u not executed once\n",
	       stops, kills, failed, (long long)slowest_ms, (long long)slowest_echo_ms, not_once);
	return 0;
}

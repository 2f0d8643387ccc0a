/* pool-host.c - is to cinit.pool what the supervisor is: starts it with a ready pipe and
 * a control socket, and asks what it is told to.
 *
 *   pool-host PROGRAM [ARG...] <COMMANDS >ANSWERS
 *
 * Commands, one a line: workers, scale N, roll, roll-no-wait, call WORDS, raw N (a
 * message of N bytes), close, TERM, HUP, KILL, end, mark (everything before it was sent).
 * Answers: "pid N" first; "ready"; "answer RESULT TEXT" and "worker RANK PID STATE
 * SERVED"; "said TEXT", unasked; "mark"; "exit N" or "signal N".  Ends with the program. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ipc/pool.h"

static int control, ready;
static pid_t pid;
static uint64_t last_id;

static void start(char **program)
{
	int pair[2], ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0 || pipe2(ends, O_CLOEXEC) < 0)
		exit(2);
	pid = fork();
	if (pid == 0) {
		setenv("CINIT_CONTROL_FD", "41", 1);
		setenv("CINIT_READY_FD", "40", 1);
		if (dup2(ends[1], 40) < 0 || dup2(pair[1], 41) < 0)
			_exit(126);
		execv(*program, program);
		_exit(127);
	}
	close(ends[1]);
	close(pair[1]);
	control = pair[0];
	ready = ends[0];
	printf("pid %d\n", (int)pid);
}

static void ask(enum verb verb, uint32_t from, uint16_t flags, const char *words)
{
	struct ipc_record r;

	record_init(&r);
	r.id = ++last_id;
	r.verb = (uint16_t)verb;
	r.from = from;
	r.flags = flags;
	r.answer_by_ms = record_now_ms() + 5000;
	record_set_name(&r, "pool", 4);
	if (verb == VERB_CALL) {
		record_set_name(&r, "pool\0", 5);
		for (char *w = strtok(strdup(words), " "); w; w = strtok(NULL, " "))
			if (!record_put_word(&r, w))
				break;
	}
	if (send(control, &r, sizeof r, MSG_NOSIGNAL) < 0)
		printf("send: %s\n", strerror(errno));
}

static void send_raw(size_t n)
{
	static char noise[4096];

	memset(noise, 'x', sizeof noise);
	if (send(control, noise, n, MSG_NOSIGNAL) < 0)
		printf("send: %s\n", strerror(errno));
}

static void heed(const char *line)
{
	if (strcmp(line, "workers") == 0)
		ask(VERB_WORKERS, 0, 0, "");
	else if (strncmp(line, "workers ", 8) == 0)
		ask(VERB_WORKERS, (uint32_t)atoi(line + 8), 0, "");
	else if (strncmp(line, "scale ", 6) == 0)
		ask(VERB_SCALE, (uint32_t)atoi(line + 6), 0, "");
	else if (strcmp(line, "roll") == 0)
		ask(VERB_ROLL, 0, 0, "");
	else if (strcmp(line, "roll-no-wait") == 0)
		ask(VERB_ROLL, 0, IPC_NO_WAIT, "");
	else if (strncmp(line, "call ", 5) == 0)
		ask(VERB_CALL, 0, 0, line + 5);
	else if (strncmp(line, "raw ", 4) == 0)
		send_raw((size_t)atoi(line + 4));
	else if (strcmp(line, "close") == 0)
		close(control), control = -1;
	else if (strcmp(line, "mark") == 0)
		printf("mark\n");
	else if (strcmp(line, "TERM") == 0)
		kill(pid, SIGTERM);
	else if (strcmp(line, "HUP") == 0)
		kill(pid, SIGHUP);
	else if (strcmp(line, "KILL") == 0)
		kill(pid, SIGKILL);
}

static void show_workers(const struct ipc_record *r)
{
	struct ipc_worker w;
	struct ipc_pool p;

	if (!record_get_pool(r, &p))
		return;
	printf("pool min=%u max=%u idle=%u busy=%u starting=%u leaving=%u served=%llu recycled=%llu "
	       "crashed=%llu queue=%d flags=%u total=%u\n", p.min, p.max, p.idle, p.busy, p.starting,
	       p.leaving, (unsigned long long)p.served, (unsigned long long)p.recycled,
	       (unsigned long long)p.crashed, (int)p.queue, p.flags, r->total);
	for (unsigned i = 0; record_get_worker(r, i, &w); i++)
		printf("worker %d %d %s %llu\n", w.rank, w.pid, worker_word(w.state), (unsigned long long)w.served);
}

static int show_answer(void)
{
	struct ipc_record r;
	ssize_t n = recv(control, &r, sizeof r, 0);

	if (n <= 0)
		return 0;
	if (record_take_answer(&r, (size_t)n) < 0 && r.id) {
		printf("nonsense\n");
	} else if (r.verb == VERB_WORKERS) {
		show_workers(&r);
		printf("answer %u\n", r.result);
	} else {
		printf(r.id ? "answer %u %.*s\n" : "said %u %.*s\n", r.result, r.payload_len, (char *)r.payload);
	}
	return 1;
}

static void finish(void)
{
	int status;

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	while (control >= 0 && show_answer())
		;
	if (WIFSIGNALED(status))
		printf("signal %d\n", WTERMSIG(status));
	else
		printf("exit %d\n", WEXITSTATUS(status));
}

/* One byte at a time: what follows a line stays in the pipe. */
static int read_line(char *line, size_t cap)
{
	size_t n = 0;

	while (n + 1 < cap && read(0, line + n, 1) == 1 && line[n] != '\n')
		n++;
	line[n] = '\0';
	return n > 0;
}

int main(int argc, char **argv)
{
	char line[256], byte;

	if (argc < 2)
		return 2;
	setvbuf(stdout, NULL, _IOLBF, 0);
	start(argv + 1);
	for (;;) {
		struct pollfd p[3] = {{0, POLLIN, 0}, {control, POLLIN, 0}, {ready, POLLIN, 0}};

		if (poll(p, 3, -1) < 0)
			continue;
		if (p[2].revents) {
			if (read(ready, &byte, 1) == 1)
				printf(byte == '\n' ? "ready\n" : "odd ready\n");
			close(ready);
			ready = -1;
		}
		if (p[1].revents && !show_answer())
			break;
		if (p[0].revents && (!read_line(line, sizeof line) || strcmp(line, "end") == 0))
			break;
		if (p[0].revents)
			heed(line);
	}
	finish();
	return 0;
}

/* ipc-stranger.c - a user who may not command, and tries: by the client library, by
 * records with forged fields, and by opening whatever there is.
 *
 *   ipc-stranger RUNDIR PID NAME TIMES      PID, the supervisor's; NAME, a service
 *
 * Prints "N attempts, N accepted, N denied" (denied: by an answer; the others had no
 * way to ask). */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ipc/client.h"

#define ANSWER_MS 5000

static const char *rundir, *service;
static pid_t supervisor;
static unsigned long attempts, accepted, denied;

/* Anything but a refusal. */
static void attempt(bool success, const char *what, const char *on)
{
	attempts++;
	if (!success)
		return;
	accepted++;
	fprintf(stderr, "ipc-stranger: accepted: %s %s\n", what, on);
}

/* ---- records ---- */

static struct ipc_record command(unsigned i)
{
	static const enum verb verbs[] = {VERB_RESTART, VERB_STOP, VERB_START, VERB_TRY_RESTART,
	                                  VERB_HALT, VERB_POWEROFF, VERB_REBOOT, VERB_SWITCH,
	                                  VERB_SCALE, VERB_ROLL, VERB_CALL};
	struct ipc_record r;

	record_init(&r);
	r.id = ipc_random_id();
	r.verb = (uint16_t)verbs[i % (sizeof verbs / sizeof *verbs)];
	record_set_name(&r, service, strlen(service));
	return r;
}

/* 1 a refusal came, 0 nothing can, -1 anything else did. */
static int read_answer(struct ipc_client *c)
{
	struct ipc_record a;

	if (ipc_next_answer(c, &a, record_now_ms() + ANSWER_MS) < 0)
		return 0;
	denied += a.result == RES_DENIED;
	return a.result == RES_DENIED ? 1 : -1;
}

static void by_library(unsigned i)
{
	struct ipc_record r = command(i);
	struct ipc_client c;
	int came = 0;

	if (ipc_connect(&c, rundir) == 0) {
		if (ipc_request(&c, &r) == 0)
			came = read_answer(&c);
		ipc_close(&c);
	}
	attempt(came < 0, "by the library", "");
}

/* Who it comes from is written into the record: the supervisor, root's shell, nobody. */
static void by_forgery(unsigned i)
{
	const pid_t pids[] = {supervisor, 1, 0, -1, getppid()};
	struct ipc_record r = command(i);
	struct ipc_client c;
	int came = 0;

	if (ipc_connect(&c, rundir) == 0) {
		ipc_sign(&c, &r);
		r.pid = (uint32_t)pids[i % 5];
		if (i % 2)
			r.token = ipc_random_id();
		r.handle = i;
		if (ipc_post(&c, &r, sizeof r) == 0)
			came = read_answer(&c);
		ipc_close(&c);
	}
	attempt(came < 0, "by forgery", "");
}

/* ---- files ---- */

static void on_file(int dir, const char *name)
{
	struct stat st;
	int fd;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || S_ISSOCK(st.st_mode))
		return;
	fd = openat(dir, name, O_WRONLY | O_NONBLOCK);
	attempt(fd >= 0, "opening to write", name);
	if (fd >= 0)
		close(fd);
	attempt(fchmodat(dir, name, 0666, 0) == 0, "chmod", name);
	attempt(unlinkat(dir, name, 0) == 0, "unlink", name);
}

static void on_directory(int at, const char *path, bool inside)
{
	int fd = openat(at, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), new;
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;

	attempts++;
	if (!d)
		return; /* not even read */
	new = openat(fd, "new", O_CREAT | O_WRONLY, 0600);
	attempt(new >= 0, "making a file in", path);
	if (new >= 0)
		close(new);
	for (const struct dirent *e; (e = readdir(d));) {
		if (e->d_name[0] == '.')
			continue;
		on_file(fd, e->d_name);
		if (e->d_type == DT_DIR && !inside)
			on_directory(fd, e->d_name, true);
	}
	closedir(d);
}

/* ---- System V objects ---- */

static void on_queue(int id)
{
	struct { long type; struct ipc_record r; } m = {1, command(0)};
	struct msqid_ds ds = {.msg_qbytes = 1};

	attempt(msgsnd(id, &m, sizeof m.r, IPC_NOWAIT) == 0, "msgsnd", "");
	attempt(msgrcv(id, &m, sizeof m.r, 0, IPC_NOWAIT) >= 0 || errno == ENOMSG, "msgrcv", "");
	attempt(msgctl(id, IPC_SET, &ds) == 0, "IPC_SET", "of a queue");
	attempt(msgctl(id, IPC_RMID, NULL) == 0, "IPC_RMID", "of a queue");
}

static void on_semaphores(int id)
{
	struct sembuf up = {0, 1, IPC_NOWAIT}, down = {0, -1, IPC_NOWAIT};

	attempt(semop(id, &up, 1) == 0, "semop", "up");
	attempt(semop(id, &down, 1) == 0, "semop", "down");
	attempt(semctl(id, 0, SETVAL, 0) == 0, "SETVAL", "");
	attempt(semctl(id, 0, IPC_RMID) == 0, "IPC_RMID", "of semaphores");
}

static void on_segment(int id)
{
	struct shmid_ds ds = {.shm_perm = {.mode = 0666}};
	void *at = shmat(id, NULL, 0);

	attempt((intptr_t)at != -1, "shmat", "to write");
	if ((intptr_t)at != -1)
		shmdt(at);
	attempt(shmctl(id, IPC_SET, &ds) == 0, "IPC_SET", "of a segment");
	attempt(shmctl(id, IPC_RMID, NULL) == 0, "IPC_RMID", "of a segment");
}

/* Whatever there is, whosever it is: proc(5) tells the ids to everybody. */
static void on_objects(const char *list, void (*act)(int id))
{
	FILE *f = fopen(list, "r");
	char line[512];
	int key, id;

	while (f && fgets(line, sizeof line, f))
		if (sscanf(line, "%d %d", &key, &id) == 2)
			act(id);
	if (f)
		fclose(f);
}

static void by_hand(void)
{
	on_directory(AT_FDCWD, rundir, false);
	on_objects("/proc/sysvipc/msg", on_queue);
	on_objects("/proc/sysvipc/sem", on_semaphores);
	on_objects("/proc/sysvipc/shm", on_segment);
	attempt(kill(supervisor, SIGURG) == 0, "a signal", "");
	attempt(kill(supervisor, SIGTERM) == 0, "a signal", "");
}

int main(int argc, char **argv)
{
	unsigned long times;

	if (argc != 5)
		return 2;
	rundir = argv[1];
	supervisor = (pid_t)atoi(argv[2]);
	service = argv[3];
	times = strtoul(argv[4], NULL, 10);
	for (unsigned i = 0; attempts < times; i++) {
		by_library(i);
		by_forgery(i);
		if (i % 16 == 0)
			by_hand();
	}
	printf("%lu attempts, %lu accepted, %lu denied\n", attempts, accepted, denied);
	return accepted != 0;
}

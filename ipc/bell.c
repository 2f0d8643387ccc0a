/* bell.c - the bell: a signal, and for a group's members a queue of one byte. */
#include "ipc/bell.h"

#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ipc/cinit_ipc.h"
#include "ipc/text.h"

#define BELL_MODE 0620

static int bell = -1, signals = -1;
static mqd_t queue = (mqd_t)-1;
static char queue_name[32];

/* "/cinit-KEY" */
static void name_of(const struct sysv_holder *h, unsigned try, char name[32])
{
	uint32_t key = (uint32_t)sysv_object_key(h, SYSV_BELL, try);
	struct text t;

	text_init(&t, name, 32);
	text_str(&t, "/cinit-");
	for (int shift = 28; shift >= 0; shift -= 4)
		text_char(&t, "0123456789abcdef"[key >> shift & 15]);
}

/* ---- the supervisor ---- */

static int make_queue(const char *name)
{
	struct mq_attr one = {.mq_maxmsg = 1, .mq_msgsize = 1};

	return mq_open(name, O_RDONLY | O_CREAT | O_EXCL | O_NONBLOCK | O_CLOEXEC, 0600, &one);
}

/* What stands under our lock's name is a dead instance's; a stranger's stays, unless
 * we may remove it, and the next name is tried. */
static int open_queue(gid_t group)
{
	for (unsigned try = 0; try < SYSV_PROBES && queue == (mqd_t)-1; try++) {
		name_of(sysv_self(), try, queue_name);
		queue = make_queue(queue_name);
		if (queue == (mqd_t)-1 && errno == EEXIST && mq_unlink(queue_name) == 0)
			queue = make_queue(queue_name);
		if (queue == (mqd_t)-1 && errno != EEXIST && errno != EACCES)
			return -1;
	}
	if (queue == (mqd_t)-1)
		return -1;
	return fchown(queue, (uid_t)-1, group) < 0 ? -1 : fchmod(queue, BELL_MODE);
}

static int hear_both(void)
{
	struct epoll_event ev = {.events = EPOLLIN};

	bell = epoll_create1(EPOLL_CLOEXEC);
	if (bell < 0 || epoll_ctl(bell, EPOLL_CTL_ADD, signals, &ev) < 0)
		return -1;
	return epoll_ctl(bell, EPOLL_CTL_ADD, queue, &ev);
}

int sysv_bell(gid_t group)
{
	sigset_t set;

	sysv_bell_close();
	sigemptyset(&set);
	sigaddset(&set, SIGURG);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -1;
	signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (signals < 0 || group == IPC_NO_GROUP)
		return signals;
	if (open_queue(group) == 0 && hear_both() == 0)
		return bell;
	sysv_bell_close();
	return -1;
}

/* SIGURG is pending once at most, however often it was sent to us; should a second
 * one be pending for the thread, it rings again. */
void sysv_bell_clear(void)
{
	struct signalfd_siginfo info;
	char byte;

	(void)!read(signals, &info, sizeof info);
	if (queue != (mqd_t)-1)
		mq_receive(queue, &byte, 1, NULL);
}

void sysv_bell_close(void)
{
	int err = errno;

	if (queue != (mqd_t)-1) {
		mq_unlink(queue_name);
		mq_close(queue);
	}
	if (bell >= 0)
		close(bell);
	if (signals >= 0)
		close(signals);
	bell = signals = -1;
	queue = (mqd_t)-1;
	errno = err;
}

/* ---- a client ---- */

/* The last few: one program may have several connections. */
static struct sysv_holder found[8];
static unsigned n_found;

void bell_of(const struct sysv_holder *h)
{
	found[n_found++ % (sizeof found / sizeof *found)] = *h;
}

static const struct sysv_holder *found_at(pid_t pid)
{
	for (unsigned i = n_found; i-- > 0 && n_found - i <= sizeof found / sizeof *found;)
		if (found[i % (sizeof found / sizeof *found)].pid == pid)
			return &found[i % (sizeof found / sizeof *found)];
	return NULL;
}

/* A full queue: it is ringing already. */
static int ring_queue(const char *name, uid_t uid)
{
	mqd_t q = mq_open(name, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	struct stat st;
	int r = -1;

	if (q == (mqd_t)-1)
		return -1;
	if (fstat(q, &st) == 0 && st.st_uid == uid && (mq_send(q, "", 1, 0) == 0 || errno == EAGAIN))
		r = 0;
	mq_close(q);
	return r;
}

/* Those who may not signal it. */
static int ring_as_member(pid_t holder)
{
	const struct sysv_holder *h = found_at(holder);
	char name[32];

	for (unsigned try = 0; h && try < SYSV_PROBES; try++) {
		name_of(h, try, name);
		if (ring_queue(name, h->uid) == 0)
			return 0;
	}
	errno = EPERM;
	return -1;
}

int sysv_ring(pid_t holder)
{
	errno = ESRCH;
	if (holder <= 0)
		return -1;
	if (kill(holder, SIGURG) == 0)
		return 0;
	return errno == EPERM ? ring_as_member(holder) : -1;
}

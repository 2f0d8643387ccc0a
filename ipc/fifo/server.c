/* server.c - the supervisor's side of the fifo method.
 *
 * ipc_fd is the request FIFO, open for reading and writing: so there always is
 * a writer, and no end of file when the last client leaves.  Of clients nothing
 * is known but the token of a request; its answer goes to the FIFO of that name.
 *
 * The stream of requests finds back after bytes that are no records.  What an
 * honest client writes is whole, and stands in one piece.  So a record begins
 * where the last one ended, unless the head of another stands closer than a
 * record's length: then what lies before that head is dropped.  What is left
 * when the FIFO is empty is dropped, too. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "ipc/check.h"
#include "ipc/cinit_ipc.h"
#include "ipc/fifo/ipc.h"
#include "ipc/text.h"

#define RECORD sizeof(struct ipc_record)
#define OPEN_ANSWER (O_WRONLY | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC)

int ipc_fd = -1;
bool ipc_more;

static int answers = -1;   /* the directory of answer FIFOs */
static int spare = -1;     /* given up to answer when descriptors have run out */
static struct stat request_st, answers_st;

static unsigned char in[IPC_RECORDS * RECORD];
static size_t n_in;        /* bytes of a record whose rest is still in the FIFO */

static bool sweeping;      /* the directory has been read in part */
static bool taken;         /* a request came since that began */

/* Answer FIFOs that were written lately: a client often asks more than once.
 * No descriptor of ours is 0, which stands for none. */
static struct kept {
	int fd;
	uint64_t token;
} kept[IPC_KEPT];
static unsigned next_kept;

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* ---- answer FIFOs ---- */

/* The name is made here and of nothing but the token, so it leads nowhere else. */
static void name_of(uint64_t token, char name[IPC_NAME_SIZE])
{
	for (unsigned i = IPC_TOKEN_DIGITS; i-- > 0; token >>= 4)
		name[i] = "0123456789abcdef"[token & 15];
	name[IPC_TOKEN_DIGITS] = '\0';
}

static bool is_name(const char *s)
{
	return strspn(s, "0123456789abcdef") == IPC_TOKEN_DIGITS
	       && (!s[IPC_TOKEN_DIGITS] || strcmp(s + IPC_TOKEN_DIGITS, IPC_NEW_SUFFIX) == 0);
}

static void drop_kept(uint64_t token)
{
	for (unsigned i = 0; i < IPC_KEPT; i++)
		if (kept[i].fd && kept[i].token == token) {
			close(kept[i].fd);
			kept[i].fd = 0;
		}
}

static void drop_all_kept(void)
{
	for (unsigned i = 0; i < IPC_KEPT; i++)
		if (kept[i].fd)
			drop_kept(kept[i].token);
}

static void keep(int fd, uint64_t token)
{
	struct kept *k = &kept[next_kept++ % IPC_KEPT];

	if (k->fd)
		close(k->fd);
	*k = (struct kept){fd, token};
}

static int find_kept(uint64_t token)
{
	for (unsigned i = 0; i < IPC_KEPT; i++)
		if (kept[i].fd && kept[i].token == token)
			return kept[i].fd;
	return -1;
}

static void hold_spare(void)
{
	if (spare < 0)
		spare = fcntl(answers, F_DUPFD_CLOEXEC, 0);
}

/* Without a reader: its client is dead. */
static void remove_if_left(const char *name)
{
	int fd = openat(answers, name, OPEN_ANSWER);

	if (fd >= 0)
		close(fd);
	else if (errno == ENXIO)
		unlinkat(answers, name, 0);
}

static bool is_alive(struct ipc_address whom)
{
	char name[IPC_NAME_SIZE];
	int fd;

	name_of(whom.a, name);
	fd = openat(answers, name, OPEN_ANSWER);
	if (fd >= 0)
		close(fd);
	return fd >= 0 || (errno != ENXIO && errno != ENOENT);
}

static bool nobody_lives(struct ipc_address whom)
{
	(void)whom;
	return false;
}

/* A client that gets no answer learns it by the loss of its name. */
static void give_up(uint64_t token)
{
	char name[IPC_NAME_SIZE];

	name_of(token, name);
	unlinkat(answers, name, 0);
	drop_kept(token);
}

/* ---- sweeping ---- */

static void schedule_sweep(void)
{
	if (ipc_due_ms == INT64_MAX)
		ipc_due_ms = record_now_ms() + IPC_SWEEP_MS;
	taken = true;
}

/* Calls `what` for the answer FIFOs in the next few entries of the directory
 * (getdents64(2) describes them): how many entries, 0 at the end. */
static unsigned next_entries(void (*what)(const char *name))
{
	struct entry {
		uint64_t ino;
		int64_t next;
		uint16_t size;
		uint8_t type;
	} e;
	char buf[IPC_SWEEP_BYTES];
	long got = syscall(SYS_getdents64, answers, buf, sizeof buf);
	unsigned n = 0;

	for (long at = 0; at < got; at += e.size, n++) {
		const char *name = buf + at + offsetof(struct entry, type) + 1;

		memcpy(&e, buf + at, sizeof e);
		if (is_name(name))
			what(name);
	}
	return n;
}

static void sweep(void)
{
	if (!sweeping) {
		lseek(answers, 0, SEEK_SET);
		sweeping = true;
		taken = false;
	}
	if (next_entries(remove_if_left) > 0 && next_entries(remove_if_left) > 0)
		return; /* it is still due: the next turn goes on */
	ipc_give_up_dead(is_alive);
	drop_all_kept();
	hold_spare();
	sweeping = false;
	ipc_due_ms = INT64_MAX;
	if (taken)
		schedule_sweep();
}

/* ---- the endpoint ---- */

static void close_all(void)
{
	ipc_give_up_dead(nobody_lives);
	drop_all_kept();
	close_fd(&ipc_fd);
	close_fd(&answers);
	close_fd(&spare);
	n_in = 0;
	sweeping = false;
	ipc_due_ms = INT64_MAX;
}

static mode_t request_mode(void)
{
	return ipc_group == IPC_NO_GROUP ? IPC_REQUEST_MODE : IPC_REQUEST_GROUP_MODE;
}

static mode_t answers_mode(void)
{
	return ipc_group == IPC_NO_GROUP ? IPC_ANSWERS_MODE : IPC_ANSWERS_GROUP_MODE;
}

static bool is_private(const struct stat *st, mode_t type, mode_t mode)
{
	return (st->st_mode & S_IFMT) == type && (st->st_mode & 07777) == mode
	       && st->st_uid == geteuid() && (ipc_group == IPC_NO_GROUP || st->st_gid == ipc_group);
}

/* Opens to the group what has been closed to everybody else. */
static int give_to_group(int fd, mode_t mode, struct stat *st)
{
	if (ipc_group == IPC_NO_GROUP)
		return 0;
	if (fchown(fd, (uid_t)-1, ipc_group) < 0 || fchmod(fd, mode) < 0)
		return -1;
	return fstat(fd, st);
}

static unsigned n_removed;

static void remove_name(const char *name)
{
	n_removed += unlinkat(answers, name, 0) == 0;
}

/* Removes what clients made in the open directory; false if there may be more. */
static bool clear_answers(void)
{
	unsigned n, cleared = 0;

	n_removed = 0;
	while (cleared < IPC_CLEAR_MAX && (n = next_entries(remove_name)) > 0)
		cleared += n;
	return cleared < IPC_CLEAR_MAX;
}

/* An ordinary user's own may have been closed to him, too. */
static int open_answers(int dir)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	int fd = openat(dir, IPC_ANSWERS_NAME, flags);

	if (fd < 0 && errno == EACCES
	    && fchmodat(dir, IPC_ANSWERS_NAME, IPC_ANSWERS_MODE, AT_SYMLINK_NOFOLLOW) == 0)
		fd = openat(dir, IPC_ANSWERS_NAME, flags);
	return fd;
}

/* Is the open directory ours alone?  Its mode is mended. */
static bool take_answers(void)
{
	if (fstat(answers, &answers_st) < 0 || answers_st.st_uid != geteuid())
		return false;
	if ((answers_st.st_mode & 07777) == IPC_ANSWERS_MODE)
		return true;
	return fchmod(answers, IPC_ANSWERS_MODE) == 0 && fstat(answers, &answers_st) == 0;
}

/* What stands at its name and is not ours goes, and one of ours comes there.  If it was
 * ours once, FIFOs may be in it, and a client may be making one more. */
static const char *make_directory(int dir)
{
	n_removed = 0;
	if (answers >= 0)
		clear_answers();
	close_fd(&answers);
	unlinkat(dir, IPC_ANSWERS_NAME, 0); /* does nothing to a directory, */
	unlinkat(dir, IPC_ANSWERS_NAME, AT_REMOVEDIR); /* and this to one that is not empty */
	if (mkdirat(dir, IPC_ANSWERS_NAME, IPC_ANSWERS_MODE) < 0) {
		ipc_recheck |= errno == EEXIST && n_removed > 0;
		return "mkdir " IPC_ANSWERS_NAME;
	}
	answers = open_answers(dir);
	if (answers < 0)
		return "open " IPC_ANSWERS_NAME;
	if (take_answers())
		return NULL;
	errno = EPERM;
	return IPC_ANSWERS_NAME;
}

/* The directory, ours alone and empty of what a dead instance's clients made:
 * by that they learn that it is gone.  One that is ours stays: to make it anew each
 * time that the rest cannot be made would call for the next attempt. */
static const char *make_answers(int dir)
{
	const char *step = NULL;

	answers = open_answers(dir);
	if (answers < 0 || !take_answers())
		step = make_directory(dir);
	if (!step && !clear_answers())
		schedule_sweep();
	return step;
}

/* The descriptor is reserved before anything is changed: an attempt that cannot succeed
 * leaves no traces in RUNDIR, which would call for the next. */
static const char *make_request(int dir)
{
	int reserved = fcntl(dir, F_DUPFD_CLOEXEC, 0);

	if (reserved < 0)
		return "open " IPC_REQUEST_NAME;
	if (unlinkat(dir, IPC_REQUEST_NAME, 0) < 0 && errno == EISDIR)
		unlinkat(dir, IPC_REQUEST_NAME, AT_REMOVEDIR);
	if (mkfifoat(dir, IPC_REQUEST_NAME, IPC_REQUEST_MODE) < 0) {
		close_fd(&reserved);
		return "mkfifo " IPC_REQUEST_NAME;
	}
	close_fd(&reserved);
	ipc_fd = openat(dir, IPC_REQUEST_NAME,
	                O_RDWR | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC);
	if (ipc_fd < 0)
		return "open " IPC_REQUEST_NAME;
	if (fstat(ipc_fd, &request_st) == 0 && S_ISFIFO(request_st.st_mode)
	    && request_st.st_uid == geteuid() && (request_st.st_mode & 07777) == IPC_REQUEST_MODE)
		return NULL;
	errno = EPERM;
	return IPC_REQUEST_NAME;
}

/* The way in comes last: a member that finds it finds the directory open. */
static void open_to_group(void)
{
	if (give_to_group(answers, IPC_ANSWERS_GROUP_MODE, &answers_st) == 0
	    && give_to_group(ipc_fd, IPC_REQUEST_GROUP_MODE, &request_st) == 0)
		return;
	ipc_give_up_group("chown to the group", errno);
	if (fchmod(answers, IPC_ANSWERS_MODE) < 0 || fchmod(ipc_fd, IPC_REQUEST_MODE) < 0)
		ipc_recheck = true;
}

/* Answers first: no client makes its FIFO before it has found a reader of the
 * other, so none of a living one is removed. */
static const char *make_endpoint(void)
{
	int dir = open(ipc_rundir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), err;
	const char *step = "open";

	if (dir >= 0)
		step = make_answers(dir);
	if (!step)
		step = make_request(dir);
	if (!step)
		open_to_group();
	err = errno;
	close_fd(&dir);
	errno = err;
	return step;
}

int cinit_ipc_init(void)
{
	const char *step;

	close_all();
	step = make_endpoint();
	if (!step) {
		hold_spare();
		return 1;
	}
	ipc_set_problem(step, errno);
	close_all();
	return 0;
}

/* Is what we hold still what its path leads to, and closed to others? */
static bool is_there(const char *name, const struct stat *held, mode_t type, mode_t mode)
{
	char path[PATH_MAX];
	struct text t;
	struct stat st;

	text_init(&t, path, sizeof path);
	text_str(&t, ipc_rundir);
	text_str(&t, name);
	return !t.cut && lstat(path, &st) == 0 && st.st_dev == held->st_dev
	       && st.st_ino == held->st_ino && is_private(&st, type, mode);
}

static bool is_ours(void)
{
	return is_there("/" IPC_REQUEST_NAME, &request_st, S_IFIFO, request_mode())
	       && is_there("/" IPC_ANSWERS_NAME, &answers_st, S_IFDIR, answers_mode());
}

/* ---- what it needs ---- */

static int make_fifo(const char *path)
{
	return mkfifo(path, IPC_REQUEST_MODE);
}

static int try_fifo(void)
{
	return check_in_rundir(make_fifo);
}

const struct ipc_need ipc_needs[] = {
	{"a run directory that can be written", check_rundir},
	{"a FIFO in it", try_fifo},
	{NULL, NULL},
};

/* ---- requests ---- */

static bool reclaimed; /* room among pending requests, in this call */

static void receive(const unsigned char *at)
{
	struct ipc_record r;
	struct ipc_address from = {0, 0};

	memcpy(&r, at, sizeof r);
	from.a = r.token;
	if (ipc_receive(&r, sizeof r, from, true))
		return;
	if (!reclaimed && r.magic == IPC_MAGIC) {
		reclaimed = true;
		ipc_give_up_dead(is_alive);
		if (ipc_receive(&r, sizeof r, from, true))
			return;
	}
	give_up(r.token);
}

/* How a record begins.  No name of a service bears these bytes (some are below
 * 0x20), so they stand nowhere else in an honest one. */
static struct head {
	uint32_t magic;
	uint16_t version, size;
} const head = {IPC_MAGIC, IPC_VERSION, RECORD};

/* Whole records, and nothing else, by far the most often. */
static bool in_step(void)
{
	for (size_t at = 0; at < n_in; at += RECORD)
		if (n_in - at < RECORD || memcmp(in + at, &head, sizeof head) != 0)
			return false;
	return true;
}

/* From a record, or from what stands in its place, to what comes next. */
static size_t length_at(size_t at)
{
	size_t n = n_in - at - 1, most = RECORD - 1 + sizeof head - 1;
	const unsigned char *next = memmem(in + at + 1, n < most ? n : most, &head, sizeof head);

	return next ? (size_t)(next - in) - at : RECORD;
}

/* Hands on what has been read; with `more`, the last record may be in part in
 * the FIFO still, as may the head behind it. */
static void take_records(bool more)
{
	bool whole = in_step();
	size_t at = 0, enough = RECORD + (more && !whole ? sizeof head - 1 : 0);

	while (n_in - at >= enough) {
		size_t n = whole ? RECORD : length_at(at);

		if (n == RECORD)
			receive(in + at);
		at += n;
	}
	n_in = more ? n_in - at : 0;
	memmove(in, in + at, n_in);
}

int cinit_ipc_listen(void)
{
	ssize_t n;

	ipc_more = reclaimed = false;
	if (ipc_recheck && !is_ours()) {
		close_all();
		return 0;
	}
	if (ipc_due_ms != INT64_MAX && ipc_due_ms <= record_now_ms())
		sweep();
	n = read(ipc_fd, in + n_in, sizeof in - n_in);
	if (n <= 0 && !n_in)
		return 1;
	if (ipc_due_ms == INT64_MAX)
		ipc_give_up_dead(is_alive);
	schedule_sweep();
	n_in += n > 0 ? (size_t)n : 0;
	ipc_more = n_in == sizeof in;
	take_records(ipc_more);
	return 1;
}

/* ---- answers ---- */

/* Is it a client's own?  One with another name somewhere may be anybody's. */
static bool is_answer(const struct stat *st)
{
	if (!S_ISFIFO(st->st_mode) || st->st_nlink > 1)
		return false;
	return st->st_uid == 0 || st->st_uid == answers_st.st_uid
	       || (ipc_group != IPC_NO_GROUP && st->st_gid == ipc_group);
}

/* Opened beneath the directory, never blocking, and only if it is a FIFO of
 * somebody who may ask. */
static int open_answer(uint64_t token)
{
	char name[IPC_NAME_SIZE];
	struct stat st;
	int fd;

	name_of(token, name);
	fd = openat(answers, name, OPEN_ANSWER);
	if (fd < 0 && (errno == EMFILE || errno == ENFILE)) {
		drop_all_kept();
		close_fd(&spare);
		fd = openat(answers, name, OPEN_ANSWER);
	}
	if (fd < 0) {
		if (errno == ENXIO)
			unlinkat(answers, name, 0);
		return -1;
	}
	if (fstat(fd, &st) == 0 && is_answer(&st))
		return fd;
	close(fd);
	return -1;
}

int cinit_ipc_send(void *data)
{
	const struct ipc_record *r = data;
	struct ipc_address to;
	ssize_t n;
	int fd, old;

	if (answers < 0 || !ipc_address_of(r->handle, &to))
		return 0;
	old = find_kept(to.a);
	fd = old >= 0 ? old : open_answer(to.a);
	n = fd >= 0 ? write(fd, r, sizeof *r) : -1;
	if (fd >= 0 && old < 0 && spare >= 0)
		keep(fd, to.a);
	else if (fd >= 0 && old < 0)
		close(fd);
	if (fd >= 0 && n < 0)
		give_up(to.a);
	hold_spare();
	schedule_sweep();
	return n == (ssize_t)sizeof *r;
}

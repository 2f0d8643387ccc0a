/* ids-unit.c - unit tests of src/launch/ids and src/tree/table, on files in memory. */
#define _GNU_SOURCE 1
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "src/launch/ids.h"
#include "src/tree/table.h"
#include "test/tools/unit.h"

enum { BIG = 1024 * 1024 };

/* ---- files ---- */

struct file {
	char path[40];
	int fd;
};

static struct file passwd = {.fd = -1}, group = {.fd = -1};

static void put(struct file *f, const char *text, size_t n)
{
	if (f->fd >= 0)
		close(f->fd);
	f->fd = memfd_create("table", MFD_CLOEXEC);
	CHECK(f->fd >= 0 && write(f->fd, text, n) == (ssize_t)n);
	snprintf(f->path, sizeof f->path, "/proc/self/fd/%d", f->fd);
}

static void put_str(struct file *f, const char *text)
{
	put(f, text, strlen(text));
}

static const char *const usual_passwd =
	"root:x:0:0:root:/root:/bin/sh\n"
	"# a comment\n"
	"\n"
	"anna:x:1001:2001:Anna:/:/bin/sh\n"
	"ann:x:1000:2000:Ann:/:/bin/sh\n"
	"ann:x:7:7:a second one:/:/bin/sh\n"
	"last:x:1002:2002";

static const char *const usual_group =
	"root:x:0:\n"
	"wheel:x:10:root,ann\n"
	"almost:x:11:anna,joann,an,nn\n"
	"audio:x:29:joe,ann,joe\n"
	"wheel2:x:10:ann\n"
	"only:x:30:ann\n"
	"ann:x:2000:\n"
	"late:x:31:joe,ann";

static void usual(void)
{
	put_str(&passwd, usual_passwd);
	put_str(&group, usual_group);
}

/* ---- asking ---- */

static struct ids ids;
static const char *what;

static int find(const struct ids_asked *asked)
{
	what = NULL;
	errno = 0;
	return ids_find_in(asked, passwd.path, group.path, &ids, &what);
}

static int find_user(const char *user)
{
	return find(&(struct ids_asked){.user = user});
}

static bool has_groups(uint32_t n, ...)
{
	va_list list;
	bool same = ids.set_groups && ids.n_groups == n;

	va_start(list, n);
	for (uint32_t k = 0; k < n; k++)
		same = va_arg(list, unsigned) == ids.groups[k] && same;
	va_end(list);
	return same;
}

static bool nobody(void)
{
	return ids.uid != 0 && ids.gid != 0;
}

static void by_name(void)
{
	usual();
	CHECK(find_user("ann") == 0 && ids.uid == 1000 && ids.gid == 2000);
	CHECK(has_groups(4, 10u, 29u, 30u, 31u));
	CHECK(find_user("anna") == 0 && ids.uid == 1001 && ids.gid == 2001 && has_groups(1, 11u));
	CHECK(find_user("last") == 0 && ids.uid == 1002 && ids.gid == 2002 && has_groups(0));
	CHECK(find_user("root") == 0 && ids.uid == 0 && ids.gid == 0 && has_groups(1, 10u));
}

static void by_number(void)
{
	usual();
	CHECK(find_user("1000") == 0 && ids.uid == 1000 && ids.gid == 2000);
	CHECK(has_groups(4, 10u, 29u, 30u, 31u));
	CHECK(find_user("5000") < 0 && errno == EINVAL && strcmp(what, "5000") == 0);
	CHECK(find(&(struct ids_asked){.user = "5000", .group = "6000"}) == 0);
	CHECK(ids.uid == 5000 && ids.gid == 6000 && has_groups(0));
	CHECK(find(&(struct ids_asked){.user = "4294967294", .group = "4294967294"}) == 0);
	CHECK(ids.uid == 4294967294u && ids.gid == 4294967294u);
	CHECK(find_user("4294967295") < 0 && errno == ENOENT);
	CHECK(find_user("65534") < 0 && errno == EINVAL);
}

static bool login_is(const char *home, const char *user, const char *logname, const char *shell)
{
	const char *const expected[] = {home, user, logname, shell};
	bool same = true;

	for (unsigned i = 0; i < LOGIN_N; i++)
		same = strcmp(ids.login.variable[i], expected[i]) == 0 && same;
	return same;
}

static void logins(void)
{
	char line[1024], expected[1024];

	usual();
	CHECK(find_user("anna") == 0);
	CHECK(login_is("HOME=/", "USER=anna", "LOGNAME=anna", "SHELL=/bin/sh"));
	put_str(&passwd, "a:x:1:1:c:/srv/a\nb:x:2:2:::\nc:x:3:3:::/bin/c:more\nd:x:4:4");
	CHECK(find_user("1") == 0);
	CHECK(login_is("HOME=/srv/a", "USER=a", "LOGNAME=a", "SHELL=/bin/sh"));
	CHECK(find_user("b") == 0 && login_is("HOME=/", "USER=b", "LOGNAME=b", "SHELL=/bin/sh"));
	CHECK(find_user("c") == 0 && login_is("HOME=/", "USER=c", "LOGNAME=c", "SHELL=/bin/c"));
	CHECK(find_user("d") == 0 && login_is("HOME=/", "USER=d", "LOGNAME=d", "SHELL=/bin/sh"));
	CHECK(find(&(struct ids_asked){.user = "9", .group = "9"}) == 0);
	CHECK(login_is("HOME=/", "", "", ""));
	CHECK(find(&(struct ids_asked){.group = "9"}) == 0 && login_is("", "", "", ""));
	snprintf(line, sizeof line, "e:x:5:5::/%0255d:/bin/e", 0);
	snprintf(expected, sizeof expected, "HOME=/%0255d", 0);
	put_str(&passwd, line);
	CHECK(find_user("e") == 0 && login_is(expected, "USER=e", "LOGNAME=e", "SHELL=/bin/e"));
	snprintf(line, sizeof line, "e:x:5:5::/%0256d:/bin/e", 0);
	put_str(&passwd, line);
	CHECK(find_user("e") == 0 && login_is("HOME=/", "USER=e", "LOGNAME=e", "SHELL=/bin/e"));
}

static void given_groups(void)
{
	usual();
	CHECK(find(&(struct ids_asked){.user = "ann", .group = "audio"}) == 0);
	CHECK(ids.uid == 1000 && ids.gid == 29 && has_groups(4, 10u, 29u, 30u, 31u));
	CHECK(find(&(struct ids_asked){.user = "ann", .has_groups = true, .n_groups = 4,
	                               .groups = "late\0" "5\0" "wheel\0" "wheel2"}) == 0);
	CHECK(ids.gid == 2000 && has_groups(3, 31u, 5u, 10u));
	CHECK(find(&(struct ids_asked){.user = "ann", .has_groups = true, .groups = ""}) == 0);
	CHECK(has_groups(0));
	CHECK(find(&(struct ids_asked){.group = "audio"}) == 0);
	CHECK(ids.uid == (uid_t)-1 && ids.gid == 29 && !ids.set_groups);
	CHECK(find(&(struct ids_asked){.has_groups = true, .n_groups = 1, .groups = "audio"}) == 0);
	CHECK(ids.uid == (uid_t)-1 && ids.gid == (gid_t)-1 && has_groups(1, 29u));
}

static void not_found(void)
{
	static const char *const strange[] = {"bob", "an", "annx", "", "ANN", "x", "+", "ann:x",
	                                      "# a comment", "-1", "+0", "0x0", " 0", "00000000000000000000x"};

	usual();
	for (size_t k = 0; k < sizeof strange / sizeof *strange; k++) {
		CHECK(find_user(strange[k]) < 0 && errno == ENOENT && what == strange[k]);
		CHECK(nobody());
	}
	CHECK(find(&(struct ids_asked){.user = "ann", .group = "nogroup"}) < 0 && errno == ENOENT);
	CHECK(strcmp(what, "nogroup") == 0);
	CHECK(find(&(struct ids_asked){.user = "ann", .has_groups = true, .n_groups = 2,
	                               .groups = "late\0" "later"}) < 0 && errno == ENOENT);
	CHECK(strcmp(what, "later") == 0);
}

/* Lines of another form are passed over; the first good one counts. */
static void odd_lines(void)
{
	put_str(&passwd, "zed:x:9:ann:x:0:0:::\n+::::::\n+ann::0:0::/:\n-ann:x:0:0:::\n:x:0:0::/:\nann\nann:x\nann:x:0\n"
	                 "ann::\nann:x::0::/:\nann:x:-1:0:::\nann:x:+1:0:::\nann:x:4294967295:0:::\n"
	                 "ann:x: 0:0:::\nann:x:0x0:0:::\n"
	                 "bob:x:20::::\ncid:x:21:x:::\ndan:x:22:4294967295::\neve:x:23\n"
	                 "ann:x:5:6:::\n");
	put_str(&group, "+:::ann\n+x:x:0:ann\n:x:1:ann\ng:x:2\ng:x::ann\ng:x:-1:ann\n"
	                "g:x:3:ann:x\ng:x:4: ann\ng:x:5:,,ann,\n");
	CHECK(find_user("ann") == 0 && ids.uid == 5 && ids.gid == 6 && has_groups(1, 5u));
	for (const char *user = "bob\0cid\0dan\0"; *user; user += 4) {
		CHECK(find_user(user) < 0 && errno == EINVAL && what == user && ids.gid == (gid_t)-1);
		CHECK(find(&(struct ids_asked){.user = user, .group = "9"}) == 0 && ids.gid == 9);
	}
	CHECK(find_user("eve") < 0 && errno == ENOENT);
	CHECK(find_user("+ann") < 0 && find_user("-ann") < 0);
	CHECK(find(&(struct ids_asked){.user = "0"}) < 0 && errno == EINVAL);
}

static char big[3 * BIG];

/* However the file is cut in parts while it is read. */
static void every_length(void)
{
	for (size_t pad = 0; pad < 3 * TABLE_PART; pad++) {
		size_t n;

		memset(big, 'm', pad);
		strcpy(big + pad, ",\nann:x:1000:2000:\n");
		put_str(&passwd, big);
		n = (size_t)sprintf(big, "g:x:12:");
		memset(big + n, 'm', pad);
		strcpy(big + n + pad, ",ann,x\nh:x:13:ann\n");
		put_str(&group, big);
		CHECK(find_user("ann") == 0 && ids.uid == 1000 && ids.gid == 2000);
		CHECK(has_groups(2, 12u, 13u));
	}
}

static void long_names(void)
{
	char name[TABLE_WORD_MAX + 2];

	for (size_t n = TABLE_WORD_MAX - 1; n <= TABLE_WORD_MAX + 1; n++) {
		memset(name, 'a', n);
		name[n] = '\0';
		snprintf(big, sizeof big, "%s:x:1:2:\n", name);
		put_str(&passwd, big);
		put_str(&group, "");
		CHECK((find_user(name) == 0) == (n <= TABLE_WORD_MAX));
		name[n - 1] = '\0';
		CHECK(find_user(name) < 0 && errno == ENOENT);
	}
}

static void limits(void)
{
	size_t n = 0;

	put_str(&passwd, usual_passwd);
	for (int k = 0; k < IDS_GROUPS_MAX; k++)
		n += (size_t)sprintf(big + n, "g%d:x:%d:ann\n", k, 100 + k);
	put(&group, big, n);
	CHECK(find_user("ann") == 0 && ids.n_groups == IDS_GROUPS_MAX);
	n += (size_t)sprintf(big + n, "more:x:99:ann\n");
	put(&group, big, n);
	CHECK(find_user("ann") < 0 && errno == E2BIG && strcmp(what, "ann") == 0);
}

/* A member at the very end of what may be read is found; behind it nobody may say that
 * there was none. */
static void large_files(void)
{
	static const char tail[] = ",ann\n";

	put_str(&passwd, usual_passwd);
	memset(big, 'm', sizeof big);
	memcpy(big, "g:x:12:", 7);
	memcpy(big + BIG - 5, tail, 5);
	put(&group, big, BIG);
	CHECK(find_user("ann") == 0 && has_groups(1, 12u));
	put(&group, big, BIG + 1);
	CHECK(find_user("ann") < 0 && errno == EFBIG && what == group.path);
	CHECK(find(&(struct ids_asked){.user = "ann", .group = "g", .has_groups = true, .groups = ""}) == 0);
	CHECK(find(&(struct ids_asked){.group = "h"}) < 0 && errno == EFBIG && what == group.path);
}

static void absent_files(void)
{
	struct ids_asked asked = {.user = "ann"};

	usual();
	CHECK(ids_find_in(&asked, "/nowhere/passwd", group.path, &ids, &what) < 0 && errno == ENOENT);
	CHECK(ids_find_in(&asked, passwd.path, "/nowhere/group", &ids, &what) == 0 && has_groups(0));
	CHECK(ids_find_in(&asked, "/proc", group.path, &ids, &what) < 0 && errno == EINVAL);
	CHECK(strcmp(what, "/proc") == 0);
	asked = (struct ids_asked){.user = "5", .group = "6"};
	CHECK(ids_find_in(&asked, "/nowhere/passwd", "/nowhere/group", &ids, &what) == 0);
	CHECK(ids.uid == 5 && ids.gid == 6);
}

/* ---- becoming ---- */

/* In a process of its own: body gives the line of what failed, or 0. */
static void in_child(int (*body)(void))
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0)
		_exit(body());
	CHECK(pid > 0 && waitpid(pid, &status, 0) == pid);
	if (status != 0)
		printf("# in the child: line or status %d\n", WIFEXITED(status) ? WEXITSTATUS(status) : status);
	CHECK(status == 0);
}

#define MUST(x) do { if (!(x)) return __LINE__ & 0xff ? __LINE__ & 0xff : 1; } while (0)

static int become_other(void)
{
	struct ids to = {.uid = 1234, .gid = 2345, .set_groups = true, .n_groups = 2, .groups = {7, 8}};
	uid_t r, e, s;
	gid_t gr, ge, gs, now[4];

	MUST(setgroups(2, (gid_t[]){0, 1}) == 0);
	MUST(ids_become(&to) == 0);
	MUST(getresuid(&r, &e, &s) == 0 && r == 1234 && e == 1234 && s == 1234);
	MUST(getresgid(&gr, &ge, &gs) == 0 && gr == 2345 && ge == 2345 && gs == 2345);
	MUST(getgroups(4, now) == 2 && now[0] == 7 && now[1] == 8);
	MUST(setuid(0) < 0 && setgid(0) < 0 && setgroups(0, NULL) < 0);
	return 0;
}

static int become_parts(void)
{
	struct ids to = {.uid = (uid_t)-1, .gid = 2345};
	gid_t now[4];

	MUST(setgroups(2, (gid_t[]){0, 1}) == 0);
	MUST(ids_become(&to) == 0 && getuid() == 0 && getgid() == 2345 && getgroups(4, now) == 2);
	to = (struct ids){.uid = (uid_t)-1, .gid = (gid_t)-1, .set_groups = true};
	MUST(ids_become(&to) == 0 && getgroups(4, now) == 0 && getegid() == 2345);
	return 0;
}

static int become_refused(void)
{
	struct ids to = {.uid = 1234, .gid = 2345, .set_groups = true};

	MUST(ids_become(&to) == 0);
	to.uid = 0;
	MUST(ids_become(&to) < 0 && errno == EPERM);
	to = (struct ids){.uid = 1234, .gid = 0, .set_groups = true};
	MUST(ids_become(&to) < 0 && errno == EPERM);
	to = (struct ids){.uid = 1234, .gid = 2345, .set_groups = true, .n_groups = 1, .groups = {7}};
	MUST(ids_become(&to) < 0 && errno == EPERM);
	to = (struct ids){.uid = 1234, .gid = 2345, .set_groups = true, .n_groups = 1, .groups = {2345}};
	MUST(ids_become(&to) == 0);
	return 0;
}

static void becoming(void)
{
	SKIP_UNLESS(geteuid() == 0 && setgroups(0, NULL) == 0);
	in_child(become_other);
	in_child(become_parts);
	in_child(become_refused);
}

/* From here on this call says that it was done, and does nothing: seccomp(2), as in deny.c. */
static bool make_lie(long call)
{
	struct { uint16_t code; uint8_t yes, no; uint32_t k; } filter[] = {
		{0x20, 0, 0, 0}, {0x15, 0, 1, (uint32_t)call}, {0x06, 0, 0, 0x00050000u},
		{0x06, 0, 0, 0x7fff0000u},
	};
	struct { unsigned short len; void *filter; } p = {sizeof filter / sizeof *filter, filter};

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, 2, &p) == 0;
}

static long lie;

static int become_in_vain(void)
{
	struct ids to = {.uid = 1234, .gid = 2345, .set_groups = true, .n_groups = 1, .groups = {7}};

	MUST(setgroups(1, (gid_t[]){8}) == 0 && make_lie(lie));
	MUST(ids_become(&to) < 0 && errno == EPERM);
	return 0;
}

static void lies(void)
{
	static const long calls[] = {SYS_setgroups, SYS_setresgid, SYS_setresuid};

	SKIP_UNLESS(geteuid() == 0 && setgroups(0, NULL) == 0);
	for (size_t k = 0; k < sizeof calls / sizeof *calls; k++) {
		lie = calls[k];
		in_child(become_in_vain);
	}
}

static bool write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool good = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	return good;
}

/* Where nobody may set groups: what one is already, one may become. */
static int become_same(void)
{
	struct ids to = {.uid = geteuid(), .gid = getegid(), .set_groups = true};
	int n = getgroups(IDS_GROUPS_MAX, to.groups);

	MUST(n >= 0 && setgroups(0, NULL) < 0 && errno == EPERM);
	to.n_groups = (uint32_t)n;
	MUST(ids_become(&to) == 0);
	to.groups[to.n_groups++] = 7777;
	MUST(ids_become(&to) < 0 && errno == EPERM);
	to.uid++;
	to.n_groups--;
	MUST(ids_become(&to) < 0);
	return 0;
}

static int become_same_inside(void)
{
	char uid_map[64], gid_map[64];

	snprintf(uid_map, sizeof uid_map, "%u %u 1", geteuid(), geteuid());
	snprintf(gid_map, sizeof gid_map, "%u %u 1", getegid(), getegid());
	MUST(unshare(CLONE_NEWUSER) == 0 && write_file("/proc/self/setgroups", "deny"));
	MUST(write_file("/proc/self/uid_map", uid_map) && write_file("/proc/self/gid_map", gid_map));
	return become_same();
}

static int may_unshare(void)
{
	return unshare(CLONE_NEWUSER) == 0 && write_file("/proc/self/setgroups", "deny") ? 0 : 1;
}

static void staying(void)
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(may_unshare());
	SKIP_UNLESS(pid > 0 && waitpid(pid, &status, 0) == pid && status == 0);
	in_child(become_same_inside);
}

int main(void)
{
	test("a user by name has its number, its group, and the groups that list it", by_name);
	test("a user by number has those of its line, or needs a group", by_number);
	test("HOME, USER, LOGNAME and SHELL are those of the line, where there is one", logins);
	test("group and groups replace what the files say", given_groups);
	test("a name that is not there is named, and nobody becomes root for it", not_found);
	test("lines of another form are passed over", odd_lines);
	test("lines of every length are read alike", every_length);
	test("a name that is longer than a name can be is nobody's", long_names);
	test("64 groups are kept, one more is too many", limits);
	test("a file is read to 1 MiB, and beyond it nothing is taken for absent", large_files);
	test("without the files, numbers are enough", absent_files);
	test("becoming a user takes groups, group and user, all of each, for good", becoming);
	test("what a system call says is not believed but looked at", lies);
	test("who may not set groups may stay what it is", staying);
	return failures != 0;
}

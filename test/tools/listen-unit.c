/* listen-unit.c - unit tests of src/tree/address and src/launch/socket: lines, and real sockets.
 *
 *   listen-unit DIR     a directory of its own; in a network namespace of its own, too,
 *                       with $LISTEN_NET set, or else addresses are skipped */
#define _GNU_SOURCE 1
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "src/launch/socket.h"
#include "test/tools/unit.h"

static const char *dir;

/* ---- lines ---- */

static int parse(const char *line, struct listen_address *a, const char **why)
{
	return listen_parse(line, strlen(line), a, why);
}

/* What a line came to, in words: "stream 127.0.0.1 80", "dgram /x 660", "... any". */
static const char *said(const char *line)
{
	static char text[256];
	char host[INET6_ADDRSTRLEN];
	struct listen_address a;
	const char *why = NULL;
	const struct sockaddr_in6 *in6 = (const void *)&a.addr;
	const struct sockaddr_in *in = (const void *)&a.addr;
	const struct sockaddr_un *un = (const void *)&a.addr;
	const char *type;

	if (parse(line, &a, &why) < 0)
		return why ? why : "no reason";
	type = a.type == SOCK_STREAM ? "stream" : a.type == SOCK_DGRAM ? "dgram" : "?";
	if (a.addr.ss_family == AF_UNIX && a.len == offsetof(struct sockaddr_un, sun_path) + strlen(un->sun_path) + 1)
		snprintf(text, sizeof text, "%s %s %o", type, un->sun_path, a.mode);
	else if (a.addr.ss_family == AF_INET && a.len == sizeof *in)
		snprintf(text, sizeof text, "%s %s %d", type, inet_ntop(AF_INET, &in->sin_addr, host, sizeof host), ntohs(in->sin_port));
	else if (a.addr.ss_family == AF_INET6 && a.len == sizeof *in6)
		snprintf(text, sizeof text, "%s %s %d%s", type, inet_ntop(AF_INET6, &in6->sin6_addr, host, sizeof host),
		         ntohs(in6->sin6_port), a.any ? " any" : "");
	else
		return "of another family or length";
	return text;
}

struct row {
	const char *line, *says;
};

static void check_table(const struct row *row, size_t n)
{
	for (size_t k = 0; k < n; k++) {
		bool right = strcmp(said(row[k].line), row[k].says) == 0;

		if (!right)
			printf("# '%s': %s\n", row[k].line, said(row[k].line));
		CHECK(right);
	}
}

static void forms(void)
{
	static const struct row table[] = {
		{"tcp 127.0.0.1:80", "stream 127.0.0.1 80"}, {"udp 0.0.0.0:53", "dgram 0.0.0.0 53"},
		{"tcp *:8080", "stream :: 8080 any"}, {"udp *:1", "dgram :: 1 any"},
		{"tcp [::1]:65535", "stream ::1 65535"}, {"tcp [::]:80", "stream :: 80"},
		{"udp [2001:db8:0:0:0:0:0:1]:5060", "dgram 2001:db8::1 5060"},
		{"unix /run/web.sock", "stream /run/web.sock 660"}, {"unix /a 600", "stream /a 600"},
		{"unix /a 0777", "stream /a 777"}, {"unix /a 0", "stream /a 0"},
		{"unix-dgram /run/log 0222", "dgram /run/log 222"},
		{"  tcp   *:80  ", "stream :: 80 any"}, {"unix  /a   600 ", "stream /a 600"},
	};

	check_table(table, sizeof table / sizeof *table);
}

static void refused(void)
{
	static const char kind[] = "does not begin with tcp, udp, unix or unix-dgram";
	static const char host[] = "HOST is neither an address in numbers nor *";
	static const char port[] = "PORT is not a number from 1 to 65535";
	static const char mode[] = "MODE is not an octal number up to 0777";
	static const char v6[] = "not an IPv6 address in the brackets";
	static const struct row table[] = {
		{"", kind}, {" ", kind}, {"tc *:80", kind}, {"TCP *:80", kind}, {"tcp6 *:80", kind},
		{"*:80", kind}, {"# tcp *:80", kind}, {"\ttcp *:80", kind},
		{"tcp", "HOST:PORT is missing"}, {"udp ", "HOST:PORT is missing"}, {"unix", "PATH is missing"},
		{"tcp *:80 x", "more than HOST:PORT"}, {"tcp *:80 0600", "more than HOST:PORT"},
		{"unix /a 600 x", "more than PATH and MODE"}, {"unix /a 600 x y z", "more than PATH and MODE"},
		{"tcp 80", "not HOST:PORT"}, {"tcp *", "not HOST:PORT"},
		{"tcp *:", port}, {"tcp *:0", port}, {"tcp *:65536", port}, {"tcp *:-1", port},
		{"tcp *:+80", port}, {"tcp *:http", port}, {"tcp *:80\t", port}, {"tcp *:80\r", port},
		{"tcp [::1]", port}, {"tcp *:4294967376", port}, {"tcp *:18446744073709551696", port},
		{"tcp localhost:80", host}, {"tcp :80", host}, {"tcp 127.1:80", host}, {"tcp 256.0.0.1:80", host},
		{"tcp 127.0.0.1.:80", host}, {"tcp **:80", host}, {"tcp 1.2.3.4.5.6.7.8.9.10.11.12:80", host},
		{"tcp []:80", v6}, {"tcp [*]:80", v6}, {"tcp [127.0.0.1]:80", v6}, {"tcp [::1%lo]:80", v6},
		{"tcp [1:2:3:4:5:6:7:8:9:a:b:c:d:e:f:1:2:3:4:5:6:7:8]:80", v6},
		{"tcp ::1:80", "an IPv6 address belongs in brackets, as in [::1]:80"},
		{"tcp [::1:80", "an IPv6 address belongs in brackets, as in [::1]:80"},
		{"unix run/a", "PATH does not begin with /"}, {"unix ./a", "PATH does not begin with /"},
		{"unix @a", "a name without a path is open to everybody"},
		{"unix /", "PATH ends with /"}, {"unix /run/", "PATH ends with /"},
		{"unix /a 8", mode}, {"unix /a 1000", mode}, {"unix /a 01777", mode}, {"unix /a 00777", mode},
		{"unix /a -1", mode}, {"unix /a rw", mode}, {"unix /a 0x7", mode}, {"unix /a 4000000000000777", mode},
	};

	check_table(table, sizeof table / sizeof *table);
}

static void long_paths(void)
{
	char line[200];
	struct listen_address a;
	const char *why;

	memcpy(line, "unix /", 6);
	memset(line + 6, 'x', sizeof line - 6);
	for (size_t n = 100; n < 120; n++) { /* of the path */
		CHECK((listen_parse(line, 5 + n, &a, &why) == 0) == (n <= 107));
		CHECK(n <= 107 || strcmp(why, "PATH is longer than 107 bytes") == 0);
	}
}

/* The n bytes alone count, whatever stands behind them. */
static void only_n_bytes(void)
{
	static const char line[] = "tcp 127.0.0.1:8080";
	struct listen_address a;
	const char *why;

	for (size_t n = 0; n < sizeof line; n++) {
		char *copy = malloc(n ? n : 1);

		memcpy(copy, line, n);
		CHECK((listen_parse(copy, n, &a, &why) == 0) == (n >= sizeof "tcp 127.0.0.1:" && n < sizeof line));
		free(copy);
	}
	CHECK(listen_parse("unix /a\0b", 9, &a, &why) < 0);
	CHECK(listen_parse("tcp 1.2.3.4\0:80", 15, &a, &why) < 0);
	CHECK(listen_parse("tcp [::1\0]:80", 13, &a, &why) < 0);
}

static bool same(const char *x, const char *y)
{
	struct listen_address a, b;
	const char *why;

	CHECK(parse(x, &a, &why) == 0 && parse(y, &b, &why) == 0);
	return listen_same(&a, &b) && listen_same(&b, &a);
}

static void sameness(void)
{
	CHECK(same("tcp *:80", "tcp  *:080"));
	CHECK(same("tcp [::1]:80", "tcp [0:0::0:1]:80"));
	CHECK(same("unix /a", "unix /a 600"));
	CHECK(!same("tcp *:80", "udp *:80"));
	CHECK(!same("tcp *:80", "tcp *:81"));
	CHECK(!same("tcp *:80", "tcp [::]:80"));
	CHECK(!same("tcp 0.0.0.0:80", "tcp 127.0.0.1:80"));
	CHECK(!same("unix /a", "unix-dgram /a"));
	CHECK(!same("unix /a", "unix /ab"));
}

static bool name_is(const char *line, const char *name)
{
	char got[LISTEN_NAME_MAX];
	struct listen_address a;
	const char *why;

	CHECK(parse(line, &a, &why) == 0);
	listen_name(&a, got);
	return strcmp(got, name) == 0;
}

static void names(void)
{
	char path[108], line[128], name[128];

	CHECK(name_is("tcp *:8080", "tcp-8080") && name_is("udp 127.0.0.1:53", "udp-53"));
	CHECK(name_is("tcp [::1]:65535", "tcp-65535"));
	CHECK(name_is("unix /run/web.sock", "unix-web.sock"));
	CHECK(name_is("unix-dgram /a", "unix-dgram-a"));
	CHECK(name_is("unix /x/a:b\xc3\xa4=c_D-9.", "unix-a_b___c_D-9."));
	memset(path, 'x', 107);
	path[0] = '/';
	path[107] = '\0';
	snprintf(line, sizeof line, "unix-dgram %s", path);
	snprintf(name, sizeof name, "unix-dgram-%s", path + 1);
	CHECK(name_is(line, name));
}

/* ---- sockets ---- */

static int open_line(const char *line, uid_t uid, gid_t gid)
{
	struct listen_address a;
	const char *why;

	CHECK(parse(line, &a, &why) == 0);
	return listen_open(&a, uid, gid);
}

static int open_plain(const char *line)
{
	return open_line(line, (uid_t)-1, (gid_t)-1);
}

/* A socket that is connected to there, or -1: never waits for an accept. */
static int reach(const char *line)
{
	struct listen_address a;
	const char *why;
	int fd;

	CHECK(parse(line, &a, &why) == 0);
	fd = socket(a.addr.ss_family, a.type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (connect(fd, (const struct sockaddr *)&a.addr, a.len) == 0 || errno == EINPROGRESS) {
		int error = 0;
		socklen_t n = sizeof error;

		if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &n) == 0 && !error)
			return fd;
		errno = error;
	}
	close(fd);
	return -1;
}

static bool reaches(const char *line)
{
	int fd = reach(line);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

/* Bytes sent there come out of the listening socket fd. */
static bool talks(int fd, const char *line)
{
	int client = reach(line), server = -1;
	char got[8] = "";
	bool stream, good = client >= 0;
	socklen_t n = sizeof(int);
	int type = 0;

	good = getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &n) == 0 && good;
	stream = type == SOCK_STREAM;
	if (good && stream)
		server = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
	good = good && write(client, "hello", 5) == 5 && read(stream ? server : fd, got, sizeof got) == 5
	       && memcmp(got, "hello", 5) == 0;
	if (server >= 0)
		close(server); /* first: it is the one that remains in TIME_WAIT */
	if (client >= 0)
		close(client);
	return good;
}

static bool flags_are_right(int fd)
{
	return fcntl(fd, F_GETFD) == FD_CLOEXEC && !(fcntl(fd, F_GETFL) & O_NONBLOCK);
}

static bool has_network(void)
{
	struct ifreq r = {.ifr_name = "lo"};
	int fd, good;

	if (!getenv("LISTEN_NET"))
		return false;
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	good = ioctl(fd, SIOCGIFFLAGS, &r) == 0;
	r.ifr_flags |= IFF_UP;
	good = good && ioctl(fd, SIOCSIFFLAGS, &r) == 0;
	close(fd);
	return good;
}

static bool has_ipv6(void)
{
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd >= 0)
		close(fd);
	return fd >= 0 && access("/proc/sys/net/ipv6", F_OK) == 0;
}

static void addresses(void)
{
	int fd, again;

	SKIP_UNLESS(has_network());
	fd = open_plain("tcp 127.0.0.1:1000");
	CHECK(fd >= 0 && flags_are_right(fd) && talks(fd, "tcp 127.0.0.1:1000"));
	again = open_plain("tcp 127.0.0.1:1000");
	CHECK(again < 0 && errno == EADDRINUSE);
	close(fd);
	fd = open_plain("tcp 127.0.0.1:1000"); /* while a connection lingers */
	CHECK(fd >= 0 && talks(fd, "tcp 127.0.0.1:1000"));
	close(fd);
	fd = open_plain("udp 127.0.0.1:1000");
	CHECK(fd >= 0 && flags_are_right(fd) && talks(fd, "udp 127.0.0.1:1000"));
	again = open_plain("udp 127.0.0.1:1000"); /* nobody takes what is another's */
	CHECK(again < 0 && errno == EADDRINUSE);
	close(fd);
	CHECK(open_plain("tcp 192.0.2.1:1000") < 0 && errno == EADDRNOTAVAIL);
}

static void both_families(void)
{
	int fd, other;

	SKIP_UNLESS(has_network() && has_ipv6());
	fd = open_plain("tcp *:1001");
	CHECK(fd >= 0 && talks(fd, "tcp 127.0.0.1:1001") && talks(fd, "tcp [::1]:1001"));
	close(fd);
	fd = open_plain("udp *:1001");
	CHECK(fd >= 0 && talks(fd, "udp 127.0.0.1:1001"));
	close(fd);
	fd = open_plain("tcp [::]:1002");
	other = open_plain("tcp 0.0.0.0:1002");
	CHECK(fd >= 0 && other >= 0 && talks(fd, "tcp [::1]:1002") && talks(other, "tcp 127.0.0.1:1002"));
	close(other);
	CHECK(!reaches("tcp 127.0.0.1:1002"));
	close(fd);
}

/* From here on there are no sockets of IPv6: seccomp(2), as in deny.c. */
static bool lose_ipv6(void)
{
	struct { uint16_t code; uint8_t yes, no; uint32_t k; } filter[] = {
		{0x20, 0, 0, 0}, {0x15, 0, 3, SYS_socket},
		{0x20, 0, 0, 16}, {0x15, 0, 1, AF_INET6}, /* the low half of its first argument */
		{0x06, 0, 0, 0x00050000u | EAFNOSUPPORT}, {0x06, 0, 0, 0x7fff0000u},
	};
	struct { unsigned short len; void *filter; } p = {sizeof filter / sizeof *filter, filter};

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, 2, &p) == 0;
}

static void without_ipv6(void)
{
	int status = -1;
	pid_t pid;

	SKIP_UNLESS(has_network());
	pid = fork();
	if (pid == 0) {
		int fd;

		if (!lose_ipv6() || socket(AF_INET6, SOCK_STREAM, 0) >= 0)
			_exit(1);
		fd = open_plain("tcp *:1003");
		if (fd < 0 || !talks(fd, "tcp 127.0.0.1:1003"))
			_exit(2);
		fd = open_plain("udp *:1003");
		if (fd < 0 || !talks(fd, "udp 127.0.0.1:1003"))
			_exit(3);
		_exit(open_plain("tcp [::1]:1003") < 0 && errno == EAFNOSUPPORT ? 0 : 4);
	}
	CHECK(waitpid(pid, &status, 0) == pid);
	if (status)
		printf("# status %d\n", status);
	CHECK(status == 0);
}

/* ---- paths ---- */

static char path[100], line[160];

/* The line for a socket of this name in our directory; its path is in `path`. */
static const char *at(const char *kind, const char *name, const char *mode)
{
	snprintf(path, sizeof path, "%s/%s", dir, name);
	snprintf(line, sizeof line, "%s %s%s%s", kind, path, *mode ? " " : "", mode);
	return line;
}

static void paths(void)
{
	int fd = open_plain(at("unix", "a", ""));

	CHECK(fd >= 0 && flags_are_right(fd) && talks(fd, at("unix", "a", "")));
	close(fd);
	fd = open_plain(at("unix-dgram", "b", ""));
	CHECK(fd >= 0 && flags_are_right(fd) && talks(fd, at("unix-dgram", "b", "")));
	close(fd);
	CHECK(open_plain(at("unix", "no/a", "")) < 0 && errno == ENOENT);
}

static mode_t mode_of(const char *file)
{
	struct stat st;

	return lstat(file, &st) == 0 ? st.st_mode : 0;
}

static void modes(void)
{
	static const char *const all[] = {"", "0", "600", "0666", "777", "222"};
	static const mode_t umasks[] = {0, 022, 077, 0777};

	for (size_t k = 0; k < sizeof all / sizeof *all; k++)
		for (size_t u = 0; u < sizeof umasks / sizeof *umasks; u++) {
			mode_t should = *all[k] ? (mode_t)strtoul(all[k], NULL, 8) : 0660;
			int fd;

			umask(umasks[u]);
			fd = open_plain(at("unix", "mode", all[k]));
			CHECK(fd >= 0 && mode_of(path) == (S_IFSOCK | should));
			CHECK(umask(022) == umasks[u]);
			close(fd);
			CHECK(unlink(path) == 0);
		}
}

/* What a process that ended has left behind. */
static void left_over(void)
{
	static const char *const kinds[] = {"unix", "unix-dgram"};

	for (int k = 0; k < 4; k++) { /* also where it was of the other kind */
		int fd = open_plain(at(kinds[k & 1], "left", "600"));
		struct stat before, after;

		close(fd);
		CHECK(fd >= 0 && lstat(path, &before) == 0);
		fd = open_plain(at(kinds[k >> 1], "left", "640"));
		CHECK(fd >= 0 && talks(fd, line) && mode_of(path) == (S_IFSOCK | 0640));
		CHECK(lstat(path, &after) == 0 && S_ISSOCK(after.st_mode));
		close(fd);
	}
	unlink(path);
}

static void alive(void)
{
	static const char *const kinds[] = {"unix", "unix-dgram"};

	for (int k = 0; k < 4; k++) {
		int fd = open_plain(at(kinds[k & 1], "alive", ""));
		struct stat before, after;

		CHECK(fd >= 0 && lstat(path, &before) == 0);
		CHECK(open_plain(at(kinds[k >> 1], "alive", "")) < 0 && errno == EADDRINUSE);
		CHECK(lstat(path, &after) == 0 && before.st_ino == after.st_ino);
		if (k & 1)
			CHECK(talks(fd, at(kinds[1], "alive", "")));
		else
			CHECK(reaches(at(kinds[0], "alive", "")));
		close(fd);
		unlink(path);
	}
}

/* Nobody accepts, and its queue is full: it is alive all the same, and not waited for. */
static void full(void)
{
	int client[8], fd, n = 0;

	fd = open_plain(at("unix", "full", ""));
	CHECK(fd >= 0 && listen(fd, 0) == 0);
	while (n < 8 && (client[n] = reach(line)) >= 0)
		n++;
	CHECK(n && n < 8);
	alarm(10);
	CHECK(open_plain(line) < 0 && errno == EADDRINUSE && mode_of(path));
	alarm(0);
	while (n)
		close(client[--n]);
	close(fd);
	unlink(path);
}

static void strangers(void)
{
	char target[120];

	snprintf(target, sizeof target, "%s/target", dir);
	at("unix", "stranger", "");
	CHECK(close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644)) == 0);
	CHECK(open_plain(line) < 0 && errno == EADDRINUSE && S_ISREG(mode_of(path)) && unlink(path) == 0);
	CHECK(mkfifo(path, 0600) == 0);
	CHECK(open_plain(line) < 0 && errno == EADDRINUSE && S_ISFIFO(mode_of(path)) && unlink(path) == 0);
	CHECK(mkdir(path, 0755) == 0);
	CHECK(open_plain(line) < 0 && errno == EADDRINUSE && S_ISDIR(mode_of(path)) && rmdir(path) == 0);
	CHECK(symlink(target, path) == 0);
	CHECK(open_plain(line) < 0 && errno == EADDRINUSE && S_ISLNK(mode_of(path)));
	CHECK(mode_of(target) == 0);
	close(open_plain(at("unix", "target", ""))); /* left over behind the link */
	CHECK(open_plain(at("unix", "stranger", "")) < 0 && errno == EADDRINUSE && S_ISLNK(mode_of(path)));
	CHECK(unlink(path) == 0 && unlink(target) == 0);
}

static bool owner_is(const char *file, uid_t uid, gid_t gid)
{
	struct stat st;

	return lstat(file, &st) == 0 && st.st_uid == uid && st.st_gid == gid;
}

static void owners(void)
{
	int fd;

	SKIP_UNLESS(geteuid() == 0 && chown(dir, 12345, 54321) == 0 && chown(dir, 0, 0) == 0);
	fd = open_line(at("unix", "own", "600"), 12345, 54321);
	CHECK(fd >= 0 && owner_is(path, 12345, 54321) && mode_of(path) == (S_IFSOCK | 0600));
	close(fd);
	/* a left over socket of that user is replaced by one of this user */
	fd = open_line(at("unix", "own", "600"), (uid_t)-1, 54321);
	CHECK(fd >= 0 && owner_is(path, 0, 54321));
	close(fd);
	fd = open_line(at("unix-dgram", "own", "600"), 12345, (gid_t)-1);
	CHECK(fd >= 0 && owner_is(path, 12345, getegid()));
	close(fd);
	unlink(path);
}

static void not_owner(void)
{
	SKIP_UNLESS(geteuid() != 0);
	CHECK(open_line(at("unix", "own", ""), geteuid() + 1, (gid_t)-1) < 0 && errno == EPERM);
	CHECK(mode_of(path) == 0); /* nothing is left of it */
	close(open_line(at("unix", "own", ""), geteuid(), getegid()));
	CHECK(owner_is(path, geteuid(), getegid()));
	unlink(path);
}

int main(int argc, char **argv)
{
	dir = argc > 1 ? argv[1] : ".";
	test("every form of a line is understood", forms);
	test("what is not exactly of that form is refused, and why", refused);
	test("a path of 107 bytes is one, a longer one is refused", long_paths);
	test("the parser looks at n bytes and no more", only_n_bytes);
	test("the same place is known again, however it is written", sameness);
	test("names are kind and port or last part of the path, in plain bytes", names);
	test("addresses are listened on, anew at once, and never shared", addresses);
	test("an asterisk is IPv6 and IPv4, an address of one is not the other", both_families);
	test("without IPv6 an asterisk is IPv4", without_ipv6);
	test("paths are listened on, and their directory has to be there", paths);
	test("a path has exactly its mode, whatever the umask, which stays", modes);
	test("a socket that nobody has open any more is replaced", left_over);
	test("a socket that somebody has open is left alone", alive);
	test("a listener whose queue is full is left alone, without waiting", full);
	test("whatever else lies at the path is left alone", strangers);
	test("a path belongs to the user and group that were asked", owners);
	test("who cannot give a path away does not leave it behind", not_owner);
	return failures != 0;
}

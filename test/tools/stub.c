/* stub.c - stands for any program of a tree: logs what it was given, and ends as it is told.
 *
 * It keeps to one directory, /stub where there is one, else that of argv[0]:
 *
 *   log             one JSON object a line: what happened, to whom, pid, argv, env
 *   tree            the tree, to see whether there is a `respawn`
 *   exit/SERVICE    the code it exits with (0), or "signal N"
 *   time/SERVICE    milliseconds that it takes
 *   hold/SERVICE    while this is there it goes on
 *   deaf/SERVICE    while this is there TERM is not heard
 *
 * SERVICE is CINIT_SERVICE, else "conf".  Called as stub-off it is an `off`: it
 * logs as that, looks below off-exit/, off-time/, off-hold/, and never stays.
 */
#include <fcntl.h>
#include <libgen.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ipc/text.h"

extern char **environ;

static const char *dir, *service;
static bool off;

static char *path_of(const char *kind, const char *file)
{
	static char path[8192];
	bool differs = off && strcmp(kind, "tree/svc") != 0;

	snprintf(path, sizeof path, "%s/%s%s/%s%s", dir, differs ? "off-" : "", kind, service, file);
	return path;
}

static bool there(const char *kind, const char *file)
{
	return access(path_of(kind, file), F_OK) == 0;
}

static bool read_word(const char *kind, char *word, size_t n)
{
	FILE *f = fopen(path_of(kind, ""), "r");
	bool got = f && fgets(word, (int)n, f);

	if (f)
		fclose(f);
	return got;
}

static void put_list(struct text *t, const char *key, char **words)
{
	text_str(t, ", \"");
	text_str(t, key);
	text_str(t, "\": [");
	for (char **w = words; *w; w++) {
		text_str(t, w == words ? "" : ", ");
		text_json(t, *w, strlen(*w));
	}
	text_char(t, ']');
}

/* One write for one line: what others log does not come in between. */
static void say(const char *event, char **argv)
{
	static char buf[8 << 20], path[4200];
	struct text t;
	int fd;

	text_init(&t, buf, sizeof buf);
	text_str(&t, "{\"event\": \"");
	text_str(&t, event);
	text_str(&t, "\", \"service\": ");
	text_json(&t, service, strlen(service));
	text_str(&t, ", \"pid\": ");
	text_i64(&t, getpid());
	if (argv) {
		put_list(&t, "argv", argv);
		put_list(&t, "env", environ);
	}
	text_str(&t, "}\n");
	snprintf(path, sizeof path, "%s/log", dir);
	fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
	if (fd < 0 || write(fd, buf, t.len) != (ssize_t)t.len)
		_exit(99);
	close(fd);
}

/* Waits for TERM, at most so long; true if it came. */
static bool termed(int ms)
{
	struct timespec limit = {ms / 1000, ms % 1000 * 1000000L};
	sigset_t term;

	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	return sigtimedwait(&term, NULL, &limit) == SIGTERM;
}

/* Until TERM is heard, or what held it is gone. */
static bool stay(bool always)
{
	while (always || there("hold", "")) {
		if (!termed(10))
			continue;
		if (!there("deaf", "")) {
			say("term", NULL);
			return true;
		}
		say("deaf", NULL);
	}
	return false;
}

static int end(void)
{
	char word[64];
	int code = 0;

	if (read_word("exit", word, sizeof word)) {
		if (strncmp(word, "signal ", 7) == 0) {
			say("end", NULL);
			raise(atoi(word + 7));
		}
		code = atoi(word);
	}
	say("end", NULL);
	return code;
}

int main(int argc, char **argv)
{
	static char copy[4200], copy2[4200];
	char word[64];
	sigset_t term;

	snprintf(copy, sizeof copy, "%s", argc ? argv[0] : "");
	snprintf(copy2, sizeof copy2, "%s", copy);
	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	sigaddset(&term, SIGHUP); /* comes as well to what has a terminal, and would come first */
	sigprocmask(SIG_BLOCK, &term, NULL);
	dir = access("/stub", F_OK) == 0 ? "/stub" : dirname(copy);
	off = strcmp(basename(copy2), "stub-off") == 0;
	service = getenv("CINIT_SERVICE") ? getenv("CINIT_SERVICE") : "conf";
	say(off ? "off" : "start", argv);
	if (read_word("time", word, sizeof word) && termed(atoi(word)) && !there("deaf", "")) {
		say("term", NULL);
		return end();
	}
	stay(!off && there("tree/svc", "/respawn"));
	return end();
}

/* inside.c - what a process finds about itself, one line each, into inside.out beside argv[0]. */
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const wanted[] = {
	"Umask", "SigQ", "SigBlk", "SigIgn", "SigCgt", "CapInh", "CapPrm", "CapEff", "CapBnd",
	"CapAmb", "NoNewPrivs", "Seccomp",
};

static void put_status(FILE *out)
{
	FILE *f = fopen("/proc/self/status", "r");
	char line[512];

	while (f && fgets(line, sizeof line, f))
		for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
			if (strncmp(line, wanted[i], strlen(wanted[i])) == 0
			    && line[strlen(wanted[i])] == ':' && strcmp(wanted[i], "SigQ") != 0)
				fputs(line, out);
	if (f)
		fclose(f);
}

static void put_limit(FILE *out, const char *name, int failed, const struct rlimit *l)
{
	if (!failed)
		fprintf(out, "Limit %s:\t%lld %lld\n", name, (long long)l->rlim_cur,
		        (long long)l->rlim_max);
}

static void put_limits(FILE *out)
{
	struct rlimit l;

	put_limit(out, "NOFILE", getrlimit(RLIMIT_NOFILE, &l), &l);
	put_limit(out, "NPROC", getrlimit(RLIMIT_NPROC, &l), &l);
	put_limit(out, "CORE", getrlimit(RLIMIT_CORE, &l), &l);
	put_limit(out, "STACK", getrlimit(RLIMIT_STACK, &l), &l);
	put_limit(out, "AS", getrlimit(RLIMIT_AS, &l), &l);
	put_limit(out, "MEMLOCK", getrlimit(RLIMIT_MEMLOCK, &l), &l);
}

/* Those open before we opened any. */
static void put_descriptors(FILE *out, const char *open_ones)
{
	fprintf(out, "Descriptors:\t%s\n", open_ones);
}

static void find_descriptors(char *buf, size_t n)
{
	size_t len = 0;
	struct stat st;

	buf[0] = '\0';
	for (int fd = 0; fd < 4096; fd++)
		if (fstat(fd, &st) == 0 && len < n)
			len += (size_t)snprintf(buf + len, n - len, len ? " %d" : "%d", fd);
}

int main(int argc, char **argv)
{
	static char copy[4200], descriptors[1024], path[4300], cwd[4096];
	FILE *out, *tty;

	snprintf(copy, sizeof copy, "%s", argc ? argv[0] : "");
	find_descriptors(descriptors, sizeof descriptors);
	snprintf(path, sizeof path, "%s/inside.new", dirname(copy));
	out = fopen(path, "w");
	if (!out || !getcwd(cwd, sizeof cwd))
		return 1;
	put_status(out);
	put_limits(out);
	put_descriptors(out, descriptors);
	fprintf(out, "Session leader:\t%s\n", getsid(0) == getpid() ? "yes" : "no");
	fprintf(out, "Group leader:\t%s\n", getpgrp() == getpid() ? "yes" : "no");
	tty = fopen("/dev/tty", "r");
	fprintf(out, "Terminal:\t%s\n", tty ? "yes" : "no");
	if (tty)
		fclose(tty);
	fprintf(out, "Nice:\t%d\n", getpriority(PRIO_PROCESS, 0));
	fprintf(out, "Directory:\t%s\n", cwd);
	if (fclose(out))
		return 1;
	snprintf(copy, sizeof copy, "%.*sout", (int)strlen(path) - 3, path);
	return rename(path, copy) < 0;
}

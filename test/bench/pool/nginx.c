/* nginx.c - nginx as a server that is compared with, from a configuration of ours. */
#include "test/bench/pool/server.h"

#include "test/bench/util.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define START_MS 5000

static const char *const places[] = {"/usr/sbin/nginx", "/usr/local/sbin/nginx", "/usr/bin/nginx"};

/* Where distributions have it write at its start is root's. */
static const char *find(void)
{
	if (geteuid() != 0)
		return NULL;
	for (unsigned i = 0; i < sizeof places / sizeof *places; i++)
		if (access(places[i], X_OK) == 0)
			return places[i];
	return NULL;
}

/* Workers of nginx keep the user that it is started as, so that server_dir is theirs. */
static void configure(uint16_t port)
{
	char text[1024];

	snprintf(text, sizeof text,
	         "user root;\nworker_processes %d;\ndaemon off;\npid %s/nginx.pid;\nerror_log stderr crit;\n"
	         "events { worker_connections 256; }\n"
	         "http {\n access_log off;\n keepalive_timeout 0;\n"
	         " server { listen 127.0.0.1:%u; location / { return 200 \"worker 1, process 12345\\n\"; } }\n}\n",
	         SERVER_WORKERS, server_dir, (unsigned)port);
	server_put("nginx.conf", text);
}

static _Noreturn void execute(const char *program)
{
	char path[PATH_CAP];

	path_make(path, "%s/nginx.conf", server_dir);
	signal(SIGTERM, SIG_DFL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	execl(program, program, "-q", "-c", path, "-e", "stderr", (char *)NULL);
	_exit(127);
}

static void wait_until_it_accepts(uint16_t port)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	for (int ms = 0; ms < START_MS; ms++) {
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		int error = connect(fd, (struct sockaddr *)&a, sizeof a);

		close(fd);
		if (error == 0)
			return;
		nap_ms(1);
	}
	die_why("nginx", "starting", "it does not accept connections");
}

struct server server_nginx(void)
{
	struct server s = {.port = server_free_port()};
	const char *program = find();

	if (!program)
		return s;
	configure(s.port);
	s.pid = fork();
	if (s.pid < 0)
		die("nginx", "fork");
	if (s.pid == 0)
		execute(program);
	wait_until_it_accepts(s.port);
	return s;
}

/* outfit.c - what a process finds when it starts, beyond arguments and environment.
 *
 * Everything that is made here for one process is closed again here: sockets and our
 * ends of what it speaks by belong to plugs.c. */
#include "src/shell/outfit.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "ipc/text.h"
#include "src/limits.h"
#include "src/tree/address.h"
#include "src/shell/console.h"
#include "src/shell/plugs.h"

#define FIRST_FD 3 /* of sockets, as LISTEN_FDS has it */
#define FDS_MAX (LISTEN_MAX + 2)

struct outfit {
	struct ids ids;
	struct spawn_fd fds[FDS_MAX];
	int made[2];      /* the process's ends, to be closed here */
	unsigned n_made;
	char listen_fds[32], ready_fd[32], control_fd[32];
	char names[sizeof "LISTEN_FDNAMES=" + LISTEN_MAX * LISTEN_NAME_MAX];
	char directory[4096 + SVC_NAME_MAX];
};

static bool is_pool(uint32_t svc)
{
	return config_value(shell.config, svc, ENTRY_POOL);
}

static unsigned count_sockets(uint32_t svc)
{
	const struct value *listen = config_value(shell.config, svc, ENTRY_LISTEN);

	return listen ? listen->n : 0;
}

/* Where the process speaks its word of being ready, or -1: it has none. */
static int ready_number(uint32_t svc)
{
	const struct value *ready = config_value(shell.config, svc, ENTRY_READY);

	if (is_pool(svc))
		return FIRST_FD + (int)count_sockets(svc);
	return ready ? (int)ready->at : -1;
}

static int failed(struct end *end, enum spawn_step step)
{
	*end = (struct end){END_SPAWN, (uint8_t)step, (int16_t)errno};
	return -1;
}

/* "listen: tcp *:80: Address already in use", for the service's status; nobody asks
 * what became of an `off`. */
static void complain(uint32_t svc, enum proc_role role, enum spawn_step step, const char *what,
                     const char *why)
{
	char words[WORDS_MAX];
	struct text t;

	text_init(&t, words, sizeof words);
	text_str(&t, step_word(step));
	text_str(&t, ": ");
	text_str(&t, what);
	text_str(&t, ": ");
	text_str(&t, why);
	if (role == ROLE_MAIN)
		plugs_set_words(svc, words, t.len);
	else
		say(config_name(shell.config, svc), "off", words);
}

/* ---- the user ---- */

/* Looks up whom the service runs as; the pool's manager stays what we are. */
static int find_user(uint32_t svc, enum proc_role role, struct outfit *o, struct spawn *s,
                     struct end *end)
{
	const struct config *c = shell.config;
	const struct value *groups = config_value(c, svc, ENTRY_GROUPS);
	struct ids_asked asked = {.user = config_word(c, svc, ENTRY_USER),
	                          .group = config_word(c, svc, ENTRY_GROUP), .has_groups = groups,
	                          .groups = groups ? config_strings(c, groups) : "",
	                          .n_groups = groups ? groups->n : 0};
	const char *what = "";

	o->ids = (struct ids){.uid = (uid_t)-1, .gid = (gid_t)-1};
	if (!asked.user && !asked.group && !groups)
		return 0;
	if (ids_find(&asked, &o->ids, &what) < 0) {
		failed(end, STEP_USER);
		complain(svc, role, STEP_USER, what, ids_error(end->code));
		return -1;
	}
	if (!is_pool(svc) || role != ROLE_MAIN)
		s->ids = &o->ids;
	return 0;
}

/* ---- descriptors ---- */

/* Those that are passed on have high numbers here. */
static int check_limit(uint32_t svc, struct end *end)
{
	struct rlimit l;

	if (!count_sockets(svc) && ready_number(svc) < 0)
		return 0;
	if (prlimit(0, RLIMIT_NOFILE, NULL, &l) < 0 || l.rlim_cur > SPAWN_OWN_FD)
		return 0;
	errno = EINVAL;
	complain(svc, ROLE_MAIN, STEP_FDS, "RLIMIT_NOFILE", "too low to pass any");
	return failed(end, STEP_FDS);
}

static void add_word(struct spawn *s, const char *word)
{
	unsigned n = 0;

	while (n < SPAWN_EXTRA && s->extra[n])
		n++;
	if (n < SPAWN_EXTRA)
		s->extra[n] = word;
}

static void add_number(struct spawn *s, char *word, size_t size, const char *name, int number)
{
	struct text t;

	text_init(&t, word, size);
	text_str(&t, name);
	text_i64(&t, number);
	add_word(s, word);
}

static void add_fd(struct outfit *o, struct spawn *s, int fd, int as)
{
	o->fds[s->n_fds++] = (struct spawn_fd){fd, as};
	s->fds = o->fds;
}

static void add_names(const struct value *listen, struct outfit *o, struct spawn *s)
{
	const char *line = config_strings(shell.config, listen), *why;
	struct listen_address a;
	char name[LISTEN_NAME_MAX];
	struct text t;

	text_init(&t, o->names, sizeof o->names);
	text_str(&t, "LISTEN_FDNAMES=");
	for (unsigned i = 0; i < listen->n; i++, line = string_after(line)) {
		if (i)
			text_char(&t, ':');
		if (listen_parse(line, strlen(line), &a, &why) < 0)
			continue;
		listen_name(&a, name);
		text_str(&t, name);
	}
	add_word(s, o->names);
}

static int add_sockets(uint32_t svc, struct outfit *o, struct spawn *s, struct end *end)
{
	const struct value *listen = config_value(shell.config, svc, ENTRY_LISTEN);
	const char *line;

	if (!listen || !listen->n)
		return 0;
	if (plugs_listen(svc, o->ids.uid, o->ids.gid, &line) < 0) {
		failed(end, STEP_LISTEN);
		complain(svc, ROLE_MAIN, STEP_LISTEN, line, strerror(end->code));
		return -1;
	}
	for (unsigned i = 0; i < listen->n; i++)
		add_fd(o, s, plugs_socket(svc, i), FIRST_FD + (int)i);
	add_number(s, o->listen_fds, sizeof o->listen_fds, "LISTEN_FDS=", (int)listen->n);
	add_word(s, spawn_listen_pid);
	add_names(listen, o, s);
	return 0;
}

static int add_ready(uint32_t svc, struct outfit *o, struct spawn *s)
{
	int as = ready_number(svc);

	if (as < 0)
		return 0;
	if (plugs_open_ready(svc, &o->made[o->n_made]) < 0)
		return -1;
	add_fd(o, s, o->made[o->n_made++], as);
	add_number(s, o->ready_fd, sizeof o->ready_fd, "CINIT_READY_FD=", as);
	return 0;
}

static int add_control(uint32_t svc, struct outfit *o, struct spawn *s)
{
	int as = FIRST_FD + (int)count_sockets(svc) + 1;

	if (!is_pool(svc))
		return 0;
	if (plugs_open_control(svc, &o->made[o->n_made]) < 0)
		return -1;
	add_fd(o, s, o->made[o->n_made++], as);
	add_number(s, o->control_fd, sizeof o->control_fd, "CINIT_CONTROL_FD=", as);
	return 0;
}

/* ---- pools ---- */

/* The manager is told where its directory is; what stands in it, it reads itself. */
static void become_manager(uint32_t svc, struct outfit *o, struct spawn *s)
{
	const struct config *c = shell.config;
	struct text t;

	text_init(&t, o->directory, sizeof o->directory);
	text_str(&t, config_str(c, c->svc_root));
	text_char(&t, '/');
	text_str(&t, config_name(c, svc));
	s->path = s->argv0 = shell.pool_program;
	s->n_params = 0;
	s->word = o->directory;
}

/* ---- starting ---- */

static int prepare_main(uint32_t svc, struct outfit *o, struct spawn *s, struct end *end)
{
	plugs_set_words(svc, "", 0);
	if (find_user(svc, ROLE_MAIN, o, s, end) < 0 || check_limit(svc, end) < 0
	    || add_sockets(svc, o, s, end) < 0)
		return -1;
	if (add_ready(svc, o, s) < 0 || add_control(svc, o, s) < 0)
		return failed(end, STEP_PIPE);
	if (is_pool(svc))
		become_manager(svc, o, s);
	return 0;
}

int outfit_spawn(uint32_t svc, enum proc_role role, const struct spawn *plain, struct proc *p,
                 struct end *end)
{
	struct spawn s = *plain;
	struct outfit o;
	int r;

	o.n_made = 0;
	if (role == ROLE_MAIN)
		r = prepare_main(svc, &o, &s, end);
	else
		r = find_user(svc, role, &o, &s, end); /* undone by whoever did it */
	if (r == 0)
		r = process_spawn(&s, p, end);
	while (o.n_made)
		close(o.made[--o.n_made]);
	return r;
}

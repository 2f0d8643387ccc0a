/* prepare.c - fills in what a process is made from. */
#include "src/launch/prepare.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "ipc/text.h"
#include "src/limits.h"

struct preparing {
	struct prepared *p;
	const struct order *o;
	struct channels *channels;
	const struct channel_watch *watch;
	struct obstacle *why;
};

static bool is_pool(const struct order *o)
{
	return rows_find(o->rows, ENTRY_POOL);
}

/* Of a pool the main process is the manager. */
static bool is_manager(const struct order *o)
{
	return o->program == ENTRY_ON && is_pool(o);
}

static unsigned count_sockets(const struct order *o)
{
	const struct value *listen = rows_find(o->rows, ENTRY_LISTEN);

	return listen ? listen->n : 0;
}

/* Where the process speaks its word of being ready, or -1: it has none. */
static int ready_number(const struct order *o)
{
	const struct value *ready = rows_find(o->rows, ENTRY_READY);

	if (is_pool(o))
		return PREPARE_FIRST_FD + (int)count_sockets(o);
	return ready ? (int)ready->at : -1;
}

/* ---- why not ---- */

static int failed(const struct preparing *p, enum spawn_step step, int error)
{
	p->why->end = (struct end){END_SPAWN, (uint8_t)step, (int16_t)error};
	return -1;
}

void obstacle_say(struct obstacle *o, const char *step, const char *what, const char *why)
{
	struct text t;

	text_init(&t, o->words, sizeof o->words);
	text_str(&t, step);
	text_str(&t, ": ");
	text_str(&t, what);
	text_str(&t, *why ? ": " : "");
	text_str(&t, why);
}

static int failed_at(const struct preparing *p, enum spawn_step step, int error, const char *what,
                     const char *why)
{
	obstacle_say(p->why, step_word(step), what, why);
	return failed(p, step, error);
}

/* ---- the user ---- */

/* Names are looked up by the process: their files may lie on a disk that hangs.  The pool's
 * manager stays what we are; its sockets belong to the user. */
static void ask_for_user(const struct preparing *p)
{
	struct ids_asked asked;

	p->p->launch.find_ids = ids_asked_of(p->o->rows, &asked);
	p->p->launch.become = p->p->launch.find_ids && !is_manager(p->o);
	p->p->launch.env.login = p->p->launch.become && asked.user && p->p->launch.env.inherited;
}

/* ---- descriptors ---- */

/* Those that are passed on have high numbers here. */
static int check_limit(const struct preparing *p)
{
	struct rlimit l;

	if (!count_sockets(p->o) && ready_number(p->o) < 0)
		return 0;
	if (prlimit(0, RLIMIT_NOFILE, NULL, &l) < 0 || l.rlim_cur > FD_OWN)
		return 0;
	return failed_at(p, STEP_FDS, EINVAL, "RLIMIT_NOFILE", "too low to pass any");
}

static void add_fd(struct prepared *p, int fd, int as)
{
	p->fds[p->launch.n_fds++] = (struct spawn_fd){fd, as};
	p->launch.fds = p->fds;
}

/* One that is not open yet is opened by the process. */
static void add_socket(const struct preparing *p, unsigned i, const char *line)
{
	int fd = channels_fd(p->channels, p->o->svc, CHANNEL_SOCKET, i), as = PREPARE_FIRST_FD + (int)i;
	struct launch *l = &p->p->launch;

	if (fd >= 0) {
		add_fd(p->p, fd, as);
		return;
	}
	p->p->sockets[l->n_sockets++] = (struct own_socket){line, (uint16_t)i, (uint16_t)as};
	l->sockets = p->p->sockets;
}

static int add_sockets(const struct preparing *p)
{
	struct environment *env = &p->p->launch.env;
	const struct value *listen = rows_find(p->o->rows, ENTRY_LISTEN);
	unsigned n = listen ? listen->n : 0;
	const char *line;
	struct text t;
	int error;

	if (!n)
		return 0;
	if (channels_listen(p->channels, p->o->rows, p->o->svc, &line) < 0) {
		error = errno;
		return failed_at(p, STEP_LISTEN, error, line, strerror(error));
	}
	line = p->o->rows->strings + listen->at;
	for (unsigned i = 0; i < n; i++, line = string_after(line))
		add_socket(p, i, line);
	environment_own_number(env, p->p->listen_fds, sizeof p->p->listen_fds, "LISTEN_FDS=", n);
	environment_own(env, environment_listen_pid);
	text_init(&t, p->o->room->names, sizeof p->o->room->names);
	text_str(&t, "LISTEN_FDNAMES=");
	listen_put_names(&t, p->o->rows->strings + listen->at, n);
	environment_own(env, p->o->room->names);
	return 0;
}

/* The process's end of a channel becomes its descriptor `as`. */
static int add_channel(const struct preparing *p, enum channel_role role, int as, char *buf,
                       size_t cap, const char *variable)
{
	int theirs;

	if (channels_open(p->channels, p->o->svc, role, p->watch, &theirs) < 0)
		return failed(p, STEP_PIPE, errno);
	p->p->made[p->p->n_made++] = theirs;
	add_fd(p->p, theirs, as);
	environment_own_number(&p->p->launch.env, buf, cap, variable, as);
	return 0;
}

static int add_descriptors(const struct preparing *p)
{
	struct prepared *made = p->p;
	int ready = ready_number(p->o);

	if (check_limit(p) < 0 || add_sockets(p) < 0)
		return -1;
	if (ready >= 0 && add_channel(p, CHANNEL_READY, ready, made->ready_fd, sizeof made->ready_fd,
	                              "CINIT_READY_FD=") < 0)
		return -1;
	if (is_pool(p->o))
		return add_channel(p, CHANNEL_CONTROL, ready + 1, made->control_fd,
		                   sizeof made->control_fd, "CINIT_CONTROL_FD=");
	return 0;
}

/* ---- the program ---- */

static void add_environment(struct prepared *p, const struct order *o, const struct program *prog)
{
	struct environment *env = &p->launch.env;

	env->inherited = prog->has_env && !prog->adds_env ? NULL : o->inherited;
	env->lines = prog->env;
	env->n_lines = prog->n_env;
	if (o->name)
		environment_own_text(env, p->service, sizeof p->service, "CINIT_SERVICE=", o->name);
	if (o->name)
		environment_own_text(env, p->profile, sizeof p->profile, "CINIT_PROFILE=", o->profile);
	if (o->main_pid)
		environment_own_number(env, p->pid, sizeof p->pid, "CINIT_PID=", o->main_pid);
}

/* "DIR/svc/NAME", or "DIR/conf" */
static void put_directory(struct text *t, const struct order *o)
{
	text_str(t, o->dir);
	text_str(t, o->name ? "/svc/" : "/conf");
	text_str(t, o->name ? o->name : "");
}

static const char *make_directory(const struct order *o)
{
	struct text t;

	text_init(&t, o->room->directory, sizeof o->room->directory);
	put_directory(&t, o);
	return o->room->directory;
}

static void describe(struct prepared *p, const struct order *o)
{
	struct program prog = rows_program(o->rows, o->program);
	struct text t;

	text_init(&t, p->path, sizeof p->path);
	put_directory(&t, o);
	text_char(&t, '/');
	text_str(&t, entries[o->program].name);
	p->n_made = 0;
	p->launch = (struct launch){.path = p->path, .is_link = true,
	                            .argv0 = prog.argv0 ? prog.argv0 : p->path,
	                            .params = prog.params, .n_params = prog.n_params};
	add_environment(p, o, &prog);
}

/* The manager is told where its directory is; what stands in it, it reads itself, and
 * carries it out for its workers. */
static void become_manager(struct prepared *p, const struct order *o)
{
	p->launch.path = p->launch.argv0 = o->pool_program;
	p->launch.is_link = false;
	p->launch.n_params = 0;
	if (p->launch.input.kind == INPUT_FILE) /* each worker's to open */
		p->launch.input.kind = INPUT_NULL;
	p->launch.word = make_directory(o);
}

int prepare(struct prepared *p, const struct order *o, struct channels *channels,
            const struct channel_watch *w, struct obstacle *why)
{
	/* cppcheck-suppress ctuuninitvar */
	const struct preparing preparing = {p, o, channels, w, why}; /* p and why are filled in */

	why->words[0] = '\0';
	describe(p, o);
	if (o->program != ENTRY_ON && o->program != ENTRY_OFF)
		return 0;
	p->launch.rows = *o->rows;
	p->launch.input = input_of(o->rows, o->program, o->terminal);
	if (is_manager(o)) {
		become_manager(p, o);
	} else {
		p->launch.settings = true;
		p->launch.directory = rows_find(o->rows, ENTRY_DIR) ? make_directory(o) : NULL;
	}
	ask_for_user(&preparing);
	return o->program == ENTRY_ON ? add_descriptors(&preparing) : 0;
}

void prepare_done(struct prepared *p)
{
	while (p->n_made)
		close(p->made[--p->n_made]);
}

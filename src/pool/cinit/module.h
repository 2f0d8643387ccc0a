/* <cinit/module.h> - what a module of a cinit pool is.
 *
 * A module is a shared object that defines
 *
 *     const struct cinit_module cinit_module = {CINIT_MODULE_BEGIN, .name = "hello", ...};
 *
 * and is named in pool/modules of a service directory.  cinit.pool loads the modules in
 * that order, with all symbols resolved, and is the worker itself: it receives requests
 * and walks them through the modules' functions.  Every function may be NULL.
 *
 * Life.  In the manager, once, with all privileges, before anything is forked and the
 * number of processes is known:
 *     param       for each NAME=VALUE of the module's line
 *     mod_init    the place for shared memory (mmap with MAP_SHARED), further processes,
 *                 files that only root can open
 * then, when the number of processes is known, still before any fork:
 *     child_init(CINIT_RANK_INIT)
 * in the manager, just before its loop:
 *     child_init(CINIT_RANK_MAIN)
 * and in each worker, after its fork and change of user, perhaps in several at the same
 * time; ranks start at 1 and are used again by the worker that follows one:
 *     child_init(rank)
 * In a further process (cinit_host.extra_process) the rank is negative, unless it has
 * opted out.  With `cinit.pool --no-fork` INIT, MAIN and 1 are called in the one process.
 * At the end of the manager, in reverse order: destroy.
 *
 * A request, in a worker:
 *     check       of every module, in order: is this well-formed, what is it (kind)?
 *     pre         of every module
 *     handle      until one has taken it (of what check marked CINIT_ANSWER: response,
 *                 of CINIT_CANCEL: cancel)
 *     post        of every module
 *     release     of every module: gives back what it keeps for this request
 * A negative value of check or pre drops the request: release follows.
 *
 * What returns an int returns 0 for success and a negative value for failure, if nothing
 * else is said.  A failure of mod_init or child_init at the start fails the service.
 */
#ifndef CINIT_MODULE_H
#define CINIT_MODULE_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>

#ifdef __cplusplus
extern "C" {
#endif

#define CINIT_MODULE_ABI 1

#define CINIT_RANK_INIT (-127)
#define CINIT_RANK_MAIN 0

/* ---- requests ---- */

enum cinit_kind { CINIT_REQUEST, CINIT_ANSWER, CINIT_CANCEL };

/* What handle, response and cancel return. */
enum cinit_verdict {
	CINIT_PASS,   /* not mine: the next module's */
	CINIT_TAKEN,
	CINIT_KEEP    /* taken, and the connection is kept for another request (streams) */
};

/* One request.  It lives until release; a module keeps nothing of it. */
struct cinit_message {
	const unsigned char *data; /* a datagram as it came; never changed */
	size_t len;
	char *copy;                /* the same bytes to be taken apart, and a NUL behind them */
	int fd;                    /* of a stream: the connection, which the worker closes; -1 */
	int listener_fd;           /* the socket that it came by */
	unsigned listener;         /* which line of `listen`, from 0 on */
	const struct sockaddr *peer;
	socklen_t peer_len;
	enum cinit_kind kind;      /* set by check */
	void *parsed;              /* for a module that others build on; released by it */
};

/* Sends bytes to whom the request came from: a datagram from the socket that it came by, a
 * stream until all is written.  0, or -1 with errno. */
static inline int cinit_reply(const struct cinit_message *m, const void *bytes, size_t n)
{
	const char *at = (const char *)bytes;

	if (m->fd < 0)
		return sendto(m->listener_fd, bytes, n, MSG_NOSIGNAL, m->peer, m->peer_len) < 0 ? -1 : 0;
	while (n > 0) {
		ssize_t sent = send(m->fd, at, n, MSG_NOSIGNAL);

		if (sent < 0)
			return -1;
		at += sent;
		n -= (size_t)sent;
	}
	return 0;
}

/* ---- commands ---- */

/* Where a command writes what its caller is told, a short text. */
struct cinit_out {
	char *text;
	size_t cap, len;
};

__attribute__((format(printf, 2, 3)))
static inline void cinit_say(struct cinit_out *out, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(out->text + out->len, out->cap - out->len, format, args);
	va_end(args);
	if (n > 0)
		out->len = out->len + (size_t)n < out->cap ? out->len + (size_t)n : out->cap - 1;
}

#define CINIT_PARAMS_MAX 16

/* A command takes exactly n_params parameters.  They come as texts (char *); fixup, if there
 * is one, may replace each by what it stands for, before the call, and fixup_free gives that
 * back.  Commands of one module may be found and called by another (cinit_host.find_command). */
struct cinit_command {
	const char *name;      /* NULL ends the list */
	int (*call)(struct cinit_out *out, void **params);
	unsigned n_params;     /* at most CINIT_PARAMS_MAX */
	int (*fixup)(void **param, unsigned number);
	void (*fixup_free)(void **param, unsigned number);
	unsigned flags;        /* enum cinit_command_flag */
};

enum cinit_command_flag {
	CINIT_INTERNAL = 1     /* for other modules only, not for `cinit.svc call` */
};

/* A method for operators: any number of texts between min and max. */
struct cinit_rpc {
	const char *name;      /* NULL ends the list */
	int (*call)(struct cinit_out *out, int argc, char **argv);
	unsigned min, max;     /* at most CINIT_PARAMS_MAX */
	const char *doc;       /* one line: what it does */
};

/* `cinit.svc call NAME COMMAND ARG...` runs a command or a method in a process of its own,
 * forked from the manager, as the workers' user and with a limit of time: so it sees
 * what was set up until MAIN and what is in shared memory, and what it changes elsewhere is
 * gone with it.  COMMAND may be MODULE.COMMAND. */

/* ---- parameters ---- */

enum cinit_param_type { CINIT_PARAM_INT, CINIT_PARAM_TEXT, CINIT_PARAM_CALL };

struct cinit_param {
	const char *name;      /* NULL ends the list */
	enum cinit_param_type type;
	int *number;           /* CINIT_PARAM_INT: set to the value */
	const char **text;     /* CINIT_PARAM_TEXT: set to it; it stays */
	int (*call)(const char *value); /* CINIT_PARAM_CALL */
};

/* ---- the module ---- */

enum cinit_extra_flag {
	CINIT_NO_CHILD_INIT = 1 /* child_init is not called in this process */
};

/* What cinit.pool offers; valid as long as the module. */
struct cinit_host {
	uint32_t abi;
	unsigned n_processes;  /* workers at most, further processes and the manager; 0 until INIT */
	/* Registers a further process, in mod_init only: run is its life, its value the exit code.
	 * It is started at MAIN, and again when it ends.  Its rank, below 0, or 0: too many. */
	int (*extra_process)(const char *name, int (*run)(int rank, void *arg), void *arg,
	                     unsigned flags);
	/* A command that a module exports; NULL if there is none. */
	const struct cinit_command *(*find_command)(const char *name);
	/* Why mod_init or child_init is about to fail; shown by `cinit.svc status`. */
	void (*why)(const char *text);
	/* One line on standard error, with the module's name before it. */
	void (*log)(const char *module, const char *text);
};

struct cinit_module {
	uint32_t abi, size;    /* CINIT_MODULE_BEGIN */
	const char *name;      /* letters, digits, - and _ */
	const char *version;
	unsigned flags;        /* none yet: 0 */
	const struct cinit_command *commands;
	const struct cinit_rpc *rpc;
	const struct cinit_param *params;
	int (*mod_init)(const struct cinit_host *host);
	int (*child_init)(int rank);
	int (*check)(struct cinit_message *m);
	int (*pre)(struct cinit_message *m);
	int (*handle)(struct cinit_message *m);
	int (*response)(struct cinit_message *m);
	int (*cancel)(struct cinit_message *m);
	void (*post)(struct cinit_message *m);
	void (*release)(struct cinit_message *m);
	void (*destroy)(void);
};

#define CINIT_MODULE_BEGIN .abi = CINIT_MODULE_ABI, .size = sizeof(struct cinit_module)

extern const struct cinit_module cinit_module;

#ifdef __cplusplus
}
#endif

#endif

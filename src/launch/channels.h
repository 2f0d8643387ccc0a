/* channels.h - descriptors that are held for services: their listening sockets, and our ends of
 * the pipe and the socket pair that their main processes speak by.
 *
 * A channel is a row: whose it is, what it is for, how long it lives, and the descriptor.  All rows
 * of a tree are one mapping, made before the tree is taken over, so that taking over cannot
 * fail.  A service without any has no row, and each function here may be called for it, too.
 */
#ifndef CINIT_LAUNCH_CHANNELS_H
#define CINIT_LAUNCH_CHANNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "src/launch/held.h"
#include "src/tree/config.h"

enum channel_role {
	CHANNEL_SOCKET,  /* a line of `listen`; lives until the line or the service is gone */
	CHANNEL_READY,   /* the pipe on which the main process says that it is ready, */
	CHANNEL_CONTROL  /* and the socket pair of a pool's manager; both live as long as it */
};

struct channel {
	uint32_t svc;
	uint8_t role;        /* enum channel_role */
	uint16_t line;       /* CHANNEL_SOCKET: which line of `listen` */
	uint32_t bytes;      /* CHANNEL_READY: read so far */
	struct held held;    /* .fd: the descriptor, -1: not open */
};

/* Whoever waits for what our ends have to say. */
struct channel_watch {
	int (*watch)(int fd, enum channel_role role, uint32_t svc); /* 0, or -1 with errno */
	void (*rewatch)(int fd, enum channel_role role, uint32_t svc); /* svc is another row now */
	void (*unwatch)(int fd); /* it is about to be closed */
	/* Does this in a process of its own, because it may hang; `undone` names it. */
	void (*aside)(const char *undone, void (*work)(void *arg), void *arg);
};

struct channels {
	struct channel *row; /* n of them, sorted by service, role and line */
	uint32_t n;
	size_t bytes;        /* of the mapping */
};

/* ---- with the tree ---- */

/* Rows for a tree that is about to be taken over, nothing open.  0, or -1 with errno. */
int channels_prepare(struct channels *c, const struct config *config);
/* Moves what is open from `was` (service i is map[i] now; map NULL: nothing is moved), closes
 * what has no place, and frees `was`. */
void channels_move(struct channels *was, const struct config *config_was, struct channels *now,
                   const struct config *config, const uint32_t *map, const struct channel_watch *w);
/* Closes everything: nothing will be started any more. */
void channels_end(struct channels *c, const struct config *config, const struct channel_watch *w);
void channels_free(struct channels *c);

/* ---- one service ---- */

/* Opens those of its sockets that are not open, but for those with a path: its process opens
 * these, as nobody knows what lies behind a path.  0; or -1 with errno and *line, the one that
 * could not be. */
int channels_listen(struct channels *c, const struct rows *rows, uint32_t svc, const char **line);
/* The socket of a line was opened by its process and is ours to keep now; false: there is no
 * place for it, and it is closed. */
bool channels_take(struct channels *c, uint32_t svc, uint32_t line, const struct held *held);
/* The descriptor of a channel, -1: there is none or it is not open. */
int channels_fd(const struct channels *c, uint32_t svc, enum channel_role role, uint32_t line);

/* Makes the pipe of CHANNEL_READY or the pair of CHANNEL_CONTROL and watches our end.
 * *theirs is the process's end, to be closed when it has been made.  0, or -1 with errno. */
int channels_open(struct channels *c, uint32_t svc, enum channel_role role,
                  const struct channel_watch *w, int *theirs);
/* CHANNEL_READY is readable: 1 it has said now that it is ready, 0 not yet, -1 it never will:
 * it writes and writes no newline, or has closed its end. */
int channels_hear_ready(struct channels *c, uint32_t svc, const struct channel_watch *w,
                        bool *babbles);
/* Closes our end. */
void channels_close(struct channels *c, uint32_t svc, enum channel_role role,
                    const struct channel_watch *w);

#endif

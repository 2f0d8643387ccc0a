/* plugs.h - what is held for services that listen, say when they are ready, or are
 * pools: listening sockets, and our ends of the pipe and the socket pair that their
 * processes speak by.
 *
 * One row for each service of the tree that has more than a program.  All others have no row and
 * cost nothing; each function here may be called for it, too.
 *
 * Sockets outlive processes: they are opened when the service starts for the first
 * time and kept until the service, or the line, is gone from the tree.  The two other
 * ends live as long as the main process.
 */
#ifndef CINIT_SHELL_PLUGS_H
#define CINIT_SHELL_PLUGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "src/shell/shell.h"

/* ---- with the tree ---- */

/* Memory for the rows of a tree that is about to be taken over.  0, or -1 with errno
 * and nothing changed. */
int plugs_prepare(const struct config *fresh);
/* Carries everything from shell.config's rows to those of fresh (service i is map[i];
 * map NULL: nothing is carried), and gives up what has no place there.  After
 * plugs_prepare(fresh); cannot fail. */
void plugs_adopt(const struct config *fresh, const uint32_t *map);
/* Gives up every socket: nothing will be started any more. */
void plugs_end(void);

/* Has it more than a program? */
bool plugs_has(uint32_t svc);

/* ---- sockets ---- */

/* Opens those of its sockets that are not open, for a user and a group (-1: nobody's).
 * 0; or -1 with errno and *line, the one that could not be. */
int plugs_listen(uint32_t svc, uid_t uid, gid_t gid, const char **line);
/* Socket i of its lines. */
int plugs_socket(uint32_t svc, uint32_t i);

/* ---- the main process ---- */

/* Makes the pipe of `ready`, and the socket pair of a pool, and watches our ends.
 * *fd is the process's end, to be closed when it has been made.  0, or -1 with errno. */
int plugs_open_ready(uint32_t svc, int *fd);
int plugs_open_control(uint32_t svc, int *fd);
/* The pipe is readable: true when it has said now that it is ready. */
bool plugs_is_ready(uint32_t svc);
/* Its process is gone, or was never made: our ends are closed. */
void plugs_hang_up(uint32_t svc);

/* ---- pools ---- */

bool plugs_is_pool(uint32_t svc);
/* Our end of the socket pair (non-blocking), or -1: no manager runs. */
int plugs_control_fd(uint32_t svc);
/* It has nothing more to say. */
void plugs_close_control(uint32_t svc);

/* ---- words ---- */

/* Why its last start or run ended, where more is known than its end says: what a
 * pool's manager said last, or which word or line it failed at.  Empty: nothing.  Kept
 * until the next start; cut to 255 bytes, and up to the first NUL. */
void plugs_set_words(uint32_t svc, const char *words, size_t n);
const char *plugs_words(uint32_t svc);

#endif

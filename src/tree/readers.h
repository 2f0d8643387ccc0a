/* readers.h - one function for each kind of entry: it reads the entry r->entry of a directory,
 * judges it, and adds its value row; or refuses the service, which then never runs with more
 * rights, or fewer sockets, than was meant.
 *
 * What each accepts is described in cinit-svc(5).
 */
#ifndef CINIT_TREE_READERS_H
#define CINIT_TREE_READERS_H

#include "src/tree/reading.h"

void read_links(struct reading *r);    /* needs/, wants/: no row, the edges are the loader's */
void read_program(struct reading *r);  /* a link, whose text is the row's string, or a file: n 0 */
void read_params(struct reading *r);   /* of the program before it in the table, if that is there */
void read_env(struct reading *r);      /* likewise */
void read_presence(struct reading *r); /* a file, whatever is in it */
void read_seconds(struct reading *r);  /* one number: milliseconds */
void read_name(struct reading *r);     /* one name or number of a user or group */
void read_groups(struct reading *r);   /* lines of them */
void read_listen(struct reading *r);   /* lines of sockets, see address.h */
void read_pool(struct reading *r);     /* pool/, see pool_conf.h */
void read_ready(struct reading *r);    /* "fd N": the number */
void read_line(struct reading *r);     /* of conf/: one line; an empty file is absent */
void read_lines(struct reading *r);    /* lines as they are */
void read_watchdog(struct reading *r); /* "SECONDS [DEVICE]": two strings */

void read_path(struct reading *r);     /* one line, a path */
void read_mode(struct reading *r);     /* an octal number up to 0777 */

void read_stdin(struct reading *r);    /* a word: null, inherit or tty; or "file" and a path, two strings */
void read_tty(struct reading *r);      /* the path of a terminal; or none: no string */

void read_nice(struct reading *r);     /* a number from -20 to 19, as it is in 32 bits */
void read_oom(struct reading *r);      /* a number from -1000 to 1000, likewise */
/* Lines "NAME SOFT [HARD]": numbers, three for each line: RLIMIT_*, soft, hard.  In
 * read_limits.c. */
void read_limits(struct reading *r);

/* `essential`: numbers, first which ends count, then pairs of an exit code and the code that
 * it becomes.  In read_essential.c. */
void read_essential(struct reading *r);

#endif

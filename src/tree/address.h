/* address.h - a line of a service's `listen`:
 *
 *     tcp HOST:PORT      udp HOST:PORT      HOST is numeric ([::1] in brackets) or *
 *     unix PATH [MODE]   unix-dgram PATH [MODE]
 *
 * Words are separated by one or more spaces; there are no comments.  `*` is every
 * address, IPv6 and IPv4 alike where the kernel has both.  MODE is octal, at most 0777.
 * The numbers are never looked up: nothing here asks a name service.
 */
#ifndef CINIT_TREE_ADDRESS_H
#define CINIT_TREE_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/types.h>

#define LISTEN_MAX 32             /* lines of one service */
#define LISTEN_NAME_MAX 128       /* bytes of a name, with its NUL */
#define LISTEN_MODE_DEFAULT 0660  /* of a socket with a path */

struct listen_address {
	struct sockaddr_storage addr;
	socklen_t len;
	int type;            /* SOCK_STREAM or SOCK_DGRAM */
	bool any;            /* `*`: without IPv6, 0.0.0.0 of the same port */
	mode_t mode;         /* of a path */
};

/* Parses n bytes: 0, or -1 with *why. */
int listen_parse(const char *line, size_t n, struct listen_address *out, const char **why);
/* The path that it is bound to, or NULL. */
const char *listen_path(const struct listen_address *a);
/* Both are the same place: only one of them can be opened. */
bool listen_same(const struct listen_address *a, const struct listen_address *b);
/* What it is called in LISTEN_FDNAMES: kind, dash, and port or last part of the path,
 * where other bytes than letters, digits, '.', '_' and '-' become '_'. */
void listen_name(const struct listen_address *a, char name[LISTEN_NAME_MAX]);

/* The names of n lines, one after the other, with colons between: the value of
 * LISTEN_FDNAMES. */
struct text;
void listen_put_names(struct text *t, const char *lines, unsigned n);

#endif

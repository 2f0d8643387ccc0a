/* address.h - a line of a service's `listen`:
 *
 *     tcp HOST:PORT      udp HOST:PORT      HOST is numeric ([::1] in brackets) or *
 *     unix PATH [MODE]   unix-dgram PATH [MODE]
 *
 * `*` is every address, IPv6 and IPv4 alike where the kernel has both.  The numbers
 * are never looked up: nothing here asks a name service.
 */
#ifndef CINIT_LISTEN_ADDRESS_H
#define CINIT_LISTEN_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/types.h>

#define LISTEN_MAX 32             /* lines of one service */
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

#endif

/* <cinit/worker.h> - for programs that are workers of a cinit pool.
 *
 * Nothing of it is needed: a worker is a program with some environment variables.
 *
 *   LISTEN_FDS, LISTEN_PID, LISTEN_FDNAMES
 *                     the listening sockets, from descriptor 3 on
 *   CINIT_RANK        the worker's rank, from 1 on
 *   CINIT_STATUS_FD   share: may be told "busy\n" when a request begins; both modes:
 *                     "available\n" when it is done
 *   CINIT_REQUEST_FD  dispatch: brings requests, one at a time; its end of file is
 *                     the request to end
 *   CINIT_KEEPALIVE   dispatch: seconds that an idle connection may be kept
 *
 * SIGTERM asks it to end after its current request.
 *
 * A request on CINIT_REQUEST_FD is one message of a SOCK_SEQPACKET socket: a struct
 * cinit_request_head, then, of a datagram, its bytes.  Of a stream the connection comes
 * along as SCM_RIGHTS.  A datagram is answered by sendto() on descriptor 3 + listener.
 */
#ifndef CINIT_WORKER_H
#define CINIT_WORKER_H

#include <stdint.h>
#include <sys/socket.h>

#define CINIT_REQUEST_MAGIC 0x71657263u /* "creq" on a little-endian machine */

enum cinit_request_kind { CINIT_STREAM = 1, CINIT_DATAGRAM = 2 };

struct cinit_request_head {
	uint32_t magic;
	uint32_t kind;        /* enum cinit_request_kind */
	uint32_t listener;    /* which listening socket, from 0 on */
	uint32_t peer_len;
	struct sockaddr_storage peer;
};

#endif

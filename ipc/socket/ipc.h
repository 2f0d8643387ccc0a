/* ipc.h - what is specific to the socket method.
 *
 * RUNDIR/socket, AF_UNIX, SOCK_SEQPACKET (unix(7)): one record is one packet.
 * The kernel tells who is at the other end (SO_PEERCRED, at connect time), so
 * anyone may query; commands are for root, the user that runs the supervisor, and
 * members of conf/ipc_group.  Never an abstract name: those have no permissions.
 */
#ifndef CINIT_IPC_SOCKET_H
#define CINIT_IPC_SOCKET_H

#define IPC_SOCKET_NAME "socket"
#define IPC_CLIENTS_MAX 1024       /* connections, and at most half of all descriptors; the
                                    * longest silent one makes room; users who may not command
                                    * have at most three quarters of them */
#define IPC_BACKLOG 4096           /* cut by the kernel to net.core.somaxconn */
#define IPC_GROUPS_MAX 1024        /* groups of one client; one with more is no member by them */
#define IPC_EVENTS 32              /* taken by one cinit_ipc_listen() */
#define IPC_ACCEPTS 16             /* of them connections */

/* A connection of a client. */
struct ipc_client {
	int fd; /* or -1 */
};

#endif

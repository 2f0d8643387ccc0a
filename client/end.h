/* end.h - how the system is asked to end, by all programs that can.
 *
 * The supervisor is asked first; a signal to PID 1, or reboot(2), takes its place only as
 * end_system() says.  No other process is signalled here, and no file system unmounted.
 */
#ifndef CINIT_CLIENT_END_H
#define CINIT_CLIENT_END_H

#include <cinit/client.h>
#include <stdbool.h>

struct end_request {
	enum cinit_verb verb;      /* CINIT_HALT, CINIT_POWEROFF, CINIT_REBOOT or CINIT_SWITCH */
	unsigned force;      /* 1: services are killed, not stopped; 2: reboot(2) by ourselves */
	bool kexec;          /* CINIT_REBOOT into the kernel that was loaded */
	bool no_sync;        /* force 2: what is not written yet is lost */
	const char *root;    /* CINIT_SWITCH: "NEWROOT" or "NEWROOT\nINIT" */
	const char *rundir;  /* -r, or NULL */
};

/* Asks the supervisor; where none answers and no -r was given, PID 1 is told by
 * signal, or with force the kernel.  An exit code. */
int end_system(const struct end_request *q);

#endif

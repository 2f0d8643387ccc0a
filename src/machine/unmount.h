/* unmount.h - leaves every file system of a machine clean before its power goes.
 *
 * Only in a child of PID 1, which may wait: PID 1 itself never unmounts.
 */
#ifndef CINIT_MACHINE_UNMOUNT_H
#define CINIT_MACHINE_UNMOUNT_H

/* The life of a child of PID 1, after everybody else is gone: writes out, ends
 * swapping, unmounts in reverse, makes read-only what stays busy, says what
 * does not go, and exits.  Each step has a time limit (limits.h): a device that
 * hangs holds up neither the others nor, as PID 1 does not wait for ever for
 * this child, the end of the machine. */
void unmount_all(void);

#endif

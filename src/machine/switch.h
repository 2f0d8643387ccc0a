/* switch.h - from an initramfs to the real root.
 *
 * The contract, for whoever asks (VERB_SWITCH, "NEWROOT" or "NEWROOT\nINIT"):
 * everything is stopped as for a reboot, but conf/last is not run and nothing
 * unmounted; /dev, /proc, /sys and /run move to NEWROOT; if / is a ramfs or
 * tmpfs, its files are deleted, never those of other file systems; NEWROOT
 * becomes /, and INIT (/sbin/cinit) is executed as PID 1, with the words that
 * the kernel gave us, and nothing else of ours: its limits and what ctrl-alt-del does are as
 * they were, descriptors but the console are closed, a watchdog is disarmed.  Where that
 * cannot be, a rescue shell is given. */
#ifndef CINIT_MACHINE_SWITCH_H
#define CINIT_MACHINE_SWITCH_H

#include <stdbool.h>
#include <stddef.h>

/* Remembers where to go; false if there is no mounted file system with an INIT. */
bool switch_prepare(const char *words, size_t n);
/* Goes there, everybody being gone.  Returns, having said why, if it cannot. */
void switch_go(void);

#endif

/* mountinfo.h - reads lines of /proc/self/mountinfo (proc(5)).
 *
 * Lines are the caller's, and are changed in place.  No file is opened here.
 */
#ifndef CINIT_MACHINE_MOUNTINFO_H
#define CINIT_MACHINE_MOUNTINFO_H

#include <stdbool.h>

struct mount_row {
	char *path;     /* where it is mounted */
	char *type;     /* of the file system */
	char *source;
};

/* Takes a line apart, in place, its escapes (\040) undone; false if it is none. */
bool mountinfo_parse(char *line, struct mount_row *row);
/* Undoes the escapes of a word of such tables, in place. */
void mountinfo_unescape(char *s);

#endif

/* group.h - conf/ipc_group: a group, by its number or by its name in /etc/group.
 *
 * That file is read by ourselves, a bounded part of it at a time: libc may ask a
 * daemon for it, which nobody has started yet.
 */
#ifndef CINIT_CONFIG_GROUP_H
#define CINIT_CONFIG_GROUP_H

#include <stddef.h>
#include <sys/types.h>

/* The group that a file DIR/conf/ipc_group names: 1 and *group; 0 without such a file;
 * or -1 and *why. */
int group_of_ipc_file(const char *path, gid_t *group, const char **why);
/* The number of this name (n bytes) in a file like /etc/group: 0, or -1 with errno,
 * ENOENT if it is not in there. */
int group_find(const char *file, const char *name, size_t n, gid_t *group);

#endif

/* group.h - conf/ipc_group: a group, by its number or by its name in /etc/group.
 * That file is read as src/launch/ids reads it. */
#ifndef CINIT_TREE_GROUP_H
#define CINIT_TREE_GROUP_H

#include <stddef.h>
#include <sys/types.h>

/* The group that a file DIR/conf/ipc_group names: 1 and *group; 0 without such a file;
 * or -1 and *why. */
int group_of_ipc_file(const char *path, gid_t *group, const char **why);

#endif

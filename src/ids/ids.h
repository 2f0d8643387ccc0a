/* ids.h - who a service runs as: `user`, `group` and `groups` of its directory,
 * looked up in /etc/passwd and /etc/group by bounded readers of our own.
 *
 * No name service is asked.  Names are looked up at each start; one that is not found
 * fails that start: nothing ever runs as root in its place.
 */
#ifndef CINIT_IDS_IDS_H
#define CINIT_IDS_IDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define IDS_GROUPS_MAX 64   /* supplementary groups of one service */

/* What was written: words (n_groups of them one after the other), NULL where the file is absent. */
struct ids_asked {
	const char *user, *group;
	const char *groups;    /* n_groups strings, one after the other */
	uint32_t n_groups;
	bool has_groups;       /* the file exists, perhaps an empty one */
};

/* What is to be set.  (uid_t)-1, (gid_t)-1: stays as it is. */
struct ids {
	uid_t uid;
	gid_t gid;
	bool set_groups;
	uint32_t n_groups;
	gid_t groups[IDS_GROUPS_MAX];
};

/* A user without `group` has the group of its line in passwd; a user by number that has
 * no line needs `group`.  Without `groups` it is a member where /etc/group says so.
 * 0, or -1 with errno and *what: the word that was not found, or the file. */
int ids_find(const struct ids_asked *asked, struct ids *ids, const char **what);

/* Becomes that user, for good: groups, group, user, and looks that it is so.  For a
 * process that shares no memory with another.  0, or -1 with errno. */
int ids_become(const struct ids *ids);

#endif

/* ids.h - who a service runs as: `user`, `group` and `groups` of its directory,
 * looked up in /etc/passwd and /etc/group by bounded readers of our own.
 *
 * No name service is asked.  Names are looked up at each start; one that is not found
 * fails that start: nothing ever runs as root in its place.
 */
#ifndef CINIT_LAUNCH_IDS_H
#define CINIT_LAUNCH_IDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "src/launch/login.h"
#include "src/limits.h"

/* What was written: words (n_groups of them one after the other), NULL where the file is absent. */
struct ids_asked {
	const char *user, *group;
	const char *groups;    /* n_groups strings, one after the other */
	uint32_t n_groups;
	bool has_groups;       /* the file exists, perhaps an empty one */
};

/* What is to be set.  (uid_t)-1, (gid_t)-1, and the groups without set_groups: stay as
 * they are. */
struct ids {
	uid_t uid;
	gid_t gid;
	bool set_groups;
	uint32_t n_groups;
	gid_t groups[IDS_GROUPS_MAX];
	struct login login; /* of the user, where one was asked for */
};

/* A word of digits is a number, never a name; (uid_t)-1 is none.  A user without `group`
 * has the group of its line in passwd; a user by number that has no line there, or
 * none with a group, needs `group`: EINVAL.  Without `groups` it is a member where
 * /etc/group says so.  A group by number needs no line.
 * 0, or -1 with errno and *what: the word that was not found (ENOENT), or of which
 * something is wrong; or the file that cannot be read.  E2BIG: more than IDS_GROUPS_MAX
 * groups.  Reads files; allocates nothing. */
int ids_find(const struct ids_asked *asked, struct ids *ids, const char **what);
/* The same with files of other names. */
int ids_find_in(const struct ids_asked *asked, const char *passwd, const char *group,
                struct ids *ids, const char **what);
/* What the entries user, group and groups ask for; whether any of them is there. */
struct rows;
bool ids_asked_of(const struct rows *rows, struct ids_asked *asked);
/* What errno says about *what. */
const char *ids_error(int error);

/* Becomes that user, for good: groups, group, user, and looks that it is so.  For a
 * process that shares no memory with another.  Who may not set groups (an unprivileged
 * user, or one in a user namespace of its own) may still become what it is: groups that
 * are as they should be, give or take the main group, are left alone.
 * 0, or -1 with errno; then the process may be half changed and has to end. */
int ids_become(const struct ids *ids);

#endif

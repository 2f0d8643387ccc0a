/* ids.c - from words to numbers, and from root to a user. */
#include "src/launch/ids.h"

#include <errno.h>
#include <grp.h>
#include <string.h>
#include <unistd.h>

#include "ipc/text.h"
#include "src/tree/file.h"
#include "src/tree/table.h"
#include "src/tree/values.h"

struct search {
	const char *passwd, *group; /* files */
	struct ids *ids;
	const char **what;
	struct table_word user;     /* whose memberships count; none: length 0 */
	struct table table;
};

static int fail(struct search *s, int error, const char *what)
{
	errno = error;
	*s->what = what;
	return -1;
}

/* A word of a file that has not been found, or the file could not be read. */
static int fail_word(struct search *s, const char *word, const char *file)
{
	return fail(s, errno, errno == ENOENT ? word : file);
}

/* ---- the user ---- */

/* NAME:PASSWORD:UID:GID:..., from GID on. */
static int take_main_group(struct search *s)
{
	struct table_word word;
	uint32_t gid;
	int r = table_word(&s->table, ':', &word);

	if (r < 0)
		return fail(s, errno, s->passwd);
	if (r > 0 && word.len <= sizeof word.text && table_number(word.text, word.len, &gid))
		s->ids->gid = gid;
	return 0;
}

static int look_up_user(struct search *s, const char *user)
{
	size_t n = strlen(user);
	uint32_t uid;
	bool number = table_number(user, n, &uid);
	int r = number ? table_find_id(&s->table, s->passwd, uid)
	               : table_find_name(&s->table, s->passwd, user, n);

	if (r < 0 && number && errno == ENOENT) {
		s->ids->uid = uid; /* nobody's: it is a member nowhere */
		login_of_number(&s->ids->login);
		return 0;
	}
	if (r < 0)
		return fail_word(s, user, s->passwd);
	s->ids->uid = s->table.id;
	s->user = s->table.name;
	if (take_main_group(s) < 0)
		return -1;
	return login_of_line(&s->ids->login, &s->table) < 0 ? fail(s, errno, s->passwd) : 0;
}

static int find_user(struct search *s, const char *user)
{
	int r;

	s->user.len = 0;
	if (!user)
		return 0;
	r = look_up_user(s, user);
	table_end(&s->table);
	return r;
}

/* ---- groups ---- */

static int find_group(struct search *s, const char *word, gid_t *gid)
{
	uint32_t id;

	if (!table_number(word, strlen(word), &id)
	    && table_id_of(s->group, word, strlen(word), &id) < 0)
		return fail_word(s, word, s->group);
	*gid = id;
	return 0;
}

static int add_group(struct search *s, gid_t gid, const char *what)
{
	struct ids *ids = s->ids;

	for (uint32_t k = 0; k < ids->n_groups; k++)
		if (ids->groups[k] == gid)
			return 0;
	if (ids->n_groups == IDS_GROUPS_MAX)
		return fail(s, E2BIG, what);
	ids->groups[ids->n_groups++] = gid;
	return 0;
}

static int find_groups(struct search *s, const char *word, uint32_t n)
{
	for (; n--; word += strlen(word) + 1) {
		gid_t gid;

		if (find_group(s, word, &gid) < 0 || add_group(s, gid, word) < 0)
			return -1;
	}
	return 0;
}

/* Of the line at which the table stands; -1 with errno. */
static int is_member(struct search *s)
{
	struct table_word member;
	int r;

	while ((r = table_word(&s->table, ',', &member)) > 0)
		if (table_word_is(&member, s->user.text, s->user.len))
			return 1;
	return r;
}

static int find_memberships(struct search *s, const char *user)
{
	int r = table_begin(&s->table, s->group);

	if (r < 0 && errno == ENOENT)
		return 0; /* no such file, no such groups */
	while (r >= 0 && (r = table_line(&s->table)) > 0) {
		int member = is_member(s);

		if (member > 0 && add_group(s, s->table.id, user) < 0)
			return -1;
		r = member < 0 ? -1 : 0;
	}
	return r < 0 ? fail(s, errno, s->group) : 0;
}

/* ---- all of it ---- */

int ids_find_in(const struct ids_asked *asked, const char *passwd, const char *group,
                struct ids *ids, const char **what)
{
	struct search s = {.passwd = passwd, .group = group, .ids = ids, .what = what};
	int r;

	*ids = (struct ids){.uid = (uid_t)-1, .gid = (gid_t)-1,
	                    .set_groups = asked->user || asked->has_groups};
	if (find_user(&s, asked->user) < 0)
		return -1;
	if (asked->group && find_group(&s, asked->group, &ids->gid) < 0)
		return -1;
	if (asked->user && ids->gid == (gid_t)-1)
		return fail(&s, EINVAL, asked->user);
	if (asked->has_groups)
		return find_groups(&s, asked->groups, asked->n_groups);
	if (!s.user.len)
		return 0;
	r = find_memberships(&s, asked->user);
	table_end(&s.table);
	return r;
}

int ids_find(const struct ids_asked *asked, struct ids *ids, const char **what)
{
	return ids_find_in(asked, "/etc/passwd", "/etc/group", ids, what);
}

bool ids_asked_of(const struct rows *rows, struct ids_asked *asked)
{
	const struct value *groups = rows_find(rows, ENTRY_GROUPS);

	*asked = (struct ids_asked){
		.user = rows_word(rows, ENTRY_USER), .group = rows_word(rows, ENTRY_GROUP),
		.has_groups = groups, .groups = groups ? rows->strings + groups->at : "",
		.n_groups = groups ? groups->n : 0,
	};
	return asked->user || asked->group || asked->has_groups;
}

const char *ids_error(int error)
{
	switch (error) {
	case ENOENT: return "not found";
	case EINVAL: return "has no group in /etc/passwd, and there is no `group`";
	case E2BIG: return "more than " LIMIT_TEXT(IDS_GROUPS_MAX) " groups";
	}
	return file_error(error);
}

/* ---- becoming ---- */

static bool is_among(const gid_t *groups, uint32_t n, gid_t gid, gid_t main_gid)
{
	for (uint32_t k = 0; k < n; k++)
		if (groups[k] == gid)
			return true;
	return gid == main_gid;
}

/* The process has these groups.  The main group counts as one of them on either side:
 * a login lists it among the others, /etc/group does not. */
static bool has_groups(const struct ids *ids)
{
	gid_t now[IDS_GROUPS_MAX + 1];
	gid_t main_gid = ids->gid == (gid_t)-1 ? getegid() : ids->gid;
	int n = getgroups(IDS_GROUPS_MAX + 1, now);

	if (n < 0)
		return false; /* more than that */
	for (int k = 0; k < n; k++)
		if (!is_among(ids->groups, ids->n_groups, now[k], main_gid))
			return false;
	for (uint32_t k = 0; k < ids->n_groups; k++)
		if (!is_among(now, (uint32_t)n, ids->groups[k], main_gid))
			return false;
	return true;
}

static int change(const struct ids *ids)
{
	if (ids->set_groups && !has_groups(ids) && setgroups(ids->n_groups, ids->groups) < 0)
		return -1;
	if (ids->gid != (gid_t)-1 && setresgid(ids->gid, ids->gid, ids->gid) < 0)
		return -1;
	if (ids->uid != (uid_t)-1 && setresuid(ids->uid, ids->uid, ids->uid) < 0)
		return -1;
	return 0;
}

/* All three of each: a saved one would be a way back. */
static bool is_so(const struct ids *ids)
{
	uid_t ruid, euid, suid;
	gid_t rgid, egid, sgid;

	if (getresuid(&ruid, &euid, &suid) < 0 || getresgid(&rgid, &egid, &sgid) < 0)
		return false;
	if (ids->uid != (uid_t)-1 && (ruid != ids->uid || euid != ids->uid || suid != ids->uid))
		return false;
	if (ids->gid != (gid_t)-1 && (rgid != ids->gid || egid != ids->gid || sgid != ids->gid))
		return false;
	return !ids->set_groups || has_groups(ids);
}

int ids_become(const struct ids *ids)
{
	if (change(ids) < 0)
		return -1;
	if (is_so(ids))
		return 0;
	errno = EPERM;
	return -1;
}

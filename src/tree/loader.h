/* loader.h - inside the loader: what its files share while a tree is read.
 *
 * For those files of src/tree/ alone that read a whole tree; all others see config.h.  Nothing
 * of it outlives the load.
 */
#ifndef CINIT_TREE_LOADER_H
#define CINIT_TREE_LOADER_H

#include <limits.h>
#include <time.h>

#include "ipc/text.h"
#include "src/tree/config.h"
#include "src/tree/dir.h"
#include "src/tree/values.h"
#include "src/tree/vec.h"

/* A service while it is read.  Services are read in the order of their
 * indices, so the edges of each stand together in `needs` and `wants`, and its value
 * rows in `values`. */
struct draft {
	struct conf_svc conf;
	uint32_t need_at, want_at, value_at; /* where its edges and rows begin */
	uint32_t seen_by;  /* the last service (index + 1) that named this one */
	bool refused;
	uint32_t was;      /* its row in the config that runs, plus 1; 0: it is new */
	bool carried;      /* its definition is taken over from there, not read */
	bool kept;         /* only until it is down */
	bool moved;        /* another directory has its name now */
};

struct loader {
	const struct load *rq;
	int svc_fd;              /* DIR/svc, or -1 */
	struct timespec since;   /* when it was changed last, before it was read */
	char root[PATH_MAX];     /* its physical path */
	size_t root_len;
	/* Room for one path at a time of each kind: the stack stays small, and what
	 * was touched for a load goes back with it. */
	char entry_path[PATH_MAX], real_path[PATH_MAX], said_path[PATH_MAX + 512];
	char target[PATH_MAX];
	struct dir service_dir, entry_dir;
	struct vec drafts;       /* struct draft */
	struct values values;    /* .failed: why the whole load cannot go on */
	size_t strings_at, numbers_at; /* where those of the service that is read begin, */
	size_t named_at;         /* and where the last name ends, which is not given back */
	uint32_t n_conf;         /* the first rows: those of conf/ */
	struct vec refusals;     /* strings; offset 0 is "" */
	struct vec needs, wants; /* uint32_t */
	struct vec index;        /* uint32_t, hash of identities -> index + 1 */
	struct vec names;        /* uint32_t, hash of names -> index + 1 */
	struct vec findings;     /* reports that wait for the end */
	bool findings_full;      /* and not all of them */
};

struct draft *draft_at(const struct loader *l, uint32_t i);
uint32_t draft_count(const struct loader *l);

static inline const char *loader_str(const struct loader *l, uint32_t offset)
{
	return l->values.strings.at + offset;
}

static inline const char *loader_name(const struct loader *l, uint32_t i)
{
	return loader_str(l, draft_at(l, i)->conf.name);
}

static inline bool loader_has_failed(const struct loader *l)
{
	return l->values.failed;
}

/* What draft i, the one that is read, has said so far gives its room back. */
void loader_unread(struct loader *l, uint32_t i);
/* Adds a string of n bytes that nobody has to have room for, such as a name; its offset, or 0
 * after loader_fail(). */
uint32_t loader_string(struct loader *l, const char *s, size_t n);
/* Likewise among the refusals. */
uint32_t loader_refusal(struct loader *l, const char *s, size_t n);
/* The whole load cannot go on. */
void loader_fail(struct loader *l, const char *why);

/* Reports a finding; path is below root ("" is root itself). */
void loader_report(struct loader *l, enum finding_level level, uint32_t svc, const char *entry,
                   const char *what, const char *why);
/* Refuses service svc because of its entry, and reports it. */
void loader_refuse(struct loader *l, uint32_t svc, const char *entry, const char *what,
                   const char *why);

/* faults.c: a fault (config.h) with this entry of a service; svc NO_SVC: of conf/, or the
 * absolute path that `entry` is.  "Changed": somebody changes the tree. */
void loader_changed(struct loader *l, uint32_t svc, const char *entry);
/* An errno, which counts when another try may do without it. */
void loader_errno(struct loader *l, uint32_t svc, const char *entry, int error);
/* The same for `name` in dir_fd, which has it: that it has gone is a change. */
void loader_missed(struct loader *l, uint32_t svc, const char *entry, int dir_fd, const char *name,
                   int error);
/* When a directory was changed last; asked before and after it is read. */
struct timespec loader_changed_when(int fd);
bool loader_is_same_time(struct timespec a, struct timespec b);
/* All was read: is it still where it was? */
void loader_check_in_place(struct loader *l);
/* A finding, now or, where there may be another load instead of this one, at the end. */
void loader_tell(struct loader *l, const struct finding *f);
void loader_tell_kept(struct loader *l);

/* A service by the name that a person gave, any path below svc/; NO_SVC with *why. */
uint32_t loader_resolve_name(struct loader *l, const char *name, const char **why);

/* An entry that should be a service. */
struct place {
	int dir_fd;
	const char *entry; /* its name there */
	const char *path;  /* its full path, for realpath(3) */
	uint32_t svc;      /* whose entry it is, and as that is said; NO_SVC: a path */
	const char *what;
	bool seen;         /* the directory has it; else somebody named it */
};
/* identity.c: the service whose directory is there, adding it if it is new.  NO_SVC with
 * *why (perhaps the text of an errno) if it is no service. */
uint32_t loader_resolve(struct loader *l, const struct place *at, const char **why);
int loader_index(struct loader *l, uint32_t i);
/* The same for all drafts that were carried over, before the first resolve. */
int loader_index_begin(struct loader *l);
/* The draft of this name, or NO_SVC.  There is never a second one: who adds a draft asks
 * before, and loader_index() remembers its name, too. */
uint32_t loader_named(const struct loader *l, const char *name);
/* Does the name of draft i still lead to its directory, without a link on the way? */
bool loader_is_in_place(struct loader *l, uint32_t i);

/* service.c: reads everything in the directory of service i, */
void loader_read_service(struct loader *l, uint32_t i);
/* and everything in conf/; the path of it. */
uint32_t loader_read_conf(struct loader *l);

/* cycles.c: marks wants on cycles as unordered, refuses cycles of needs. */
void loader_break_cycles(struct loader *l);

/* pack.c: everything into one block. */
struct config *loader_pack(struct loader *l, struct config *head);

#endif

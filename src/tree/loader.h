/* loader.h - inside the loader: what its files share while a tree is read. */
#ifndef CINIT_TREE_LOADER_H
#define CINIT_TREE_LOADER_H

#include <limits.h>

#include "ipc/text.h"
#include "src/tree/config.h"
#include "src/tree/dir.h"
#include "src/tree/vec.h"

/* A service while it is read.  Services are read in the order of their
 * indices, so the edges of each stand together in `needs` and `wants`. */
struct draft {
	struct conf_svc conf;
	uint32_t need_at, want_at;
	uint32_t delay_ms, on_ms, off_ms;
	uint32_t seen_by;  /* the last service (index + 1) that named this one */
	uint8_t kind;      /* enum svc_kind */
	uint32_t was;      /* its row in the config that runs, plus 1; 0: it is new */
	bool carried;      /* its definition is taken over from there, not read */
	bool kept;         /* only until it is down */
};

struct loader {
	const struct load *rq;
	const char *failed;      /* why the whole load cannot go on, or NULL */
	int svc_fd;              /* DIR/svc, or -1 */
	char root[PATH_MAX];     /* its physical path */
	size_t root_len;
	/* Room for one path at a time of each kind: the stack stays small, and what
	 * was touched for a load goes back with it. */
	char entry_path[PATH_MAX], real_path[PATH_MAX], said_path[PATH_MAX + 512];
	char target[PATH_MAX];
	struct dir service_dir, entry_dir;
	struct vec drafts;       /* struct draft */
	struct vec strings;      /* NUL-terminated strings; offset 0 is "" */
	struct vec needs, wants; /* uint32_t */
	struct vec extras;       /* struct conf_extra; conf.extra of a draft tells which */
	struct vec index;        /* uint32_t, hash of identities -> index + 1 */
};

struct draft *draft_at(const struct loader *l, uint32_t i);
uint32_t draft_count(const struct loader *l);

/* Adds a string of n bytes; its offset, or 0 after setting l->failed. */
uint32_t loader_string(struct loader *l, const char *s, size_t n);
void loader_fail(struct loader *l, const char *why);

/* Reports a finding; path is below root ("" is root itself). */
void loader_report(struct loader *l, enum finding_level level, uint32_t svc, const char *entry,
                   const char *what, const char *why);
/* Refuses service svc because of its entry, and reports it. */
void loader_refuse(struct loader *l, uint32_t svc, const char *entry, const char *what,
                   const char *why);

/* A service by the name that a person gave, any path below svc/; NO_SVC with *why. */
uint32_t loader_resolve_name(struct loader *l, const char *name, const char **why);

/* identity.c: the service whose directory is `entry` of dir_fd, adding it if
 * it is new.  `path` is the full path for realpath.  NO_SVC with *why (and an
 * errno text) if it is no service. */
uint32_t loader_resolve(struct loader *l, int dir_fd, const char *entry, const char *path,
                        const char **why);
int loader_index(struct loader *l, uint32_t i);
/* The same for all drafts that were carried over, before the first resolve. */
int loader_index_begin(struct loader *l);

/* service.c: reads everything in the directory of service i. */
void loader_read_service(struct loader *l, uint32_t i);

/* program.c: reads NAME and, as `files` says, NAME.params and NAME.env of
 * dir_fd.  `svc` is the service to refuse, or NO_SVC for conf/. */
enum prog_file { PROG_PARAMS = 1, PROG_ENV = 2 };
void loader_read_program(struct loader *l, int dir_fd, uint32_t svc, const char *name,
                         unsigned files, struct conf_prog *prog);
/* Reads the environment alone, of a program that is not there; likewise. */
void loader_read_env(struct loader *l, int dir_fd, uint32_t svc, const char *name,
                     struct conf_prog *prog);
/* Reads one file of lines into `count` strings: 1, 0 absent, -1 reported. */
enum line_kind {
	LINE_ARGUMENT,    /* an empty one is an empty argument */
	LINE_ENVIRONMENT, /* empty ones are skipped; one without `=` is said */
	LINE_PLAIN        /* empty ones are skipped */
};
int loader_read_lines(struct loader *l, int dir_fd, uint32_t svc, const char *name,
                      enum line_kind kind, uint32_t *strings, uint32_t *count);
/* Reads a file that holds one number of seconds: 1 and *ms, 0 absent, -1 reported. */
int loader_read_seconds(struct loader *l, int dir_fd, uint32_t svc, const char *name,
                        uint32_t *ms);
/* Reads a whole file of less than cap bytes: 1 and *len (cap: it is larger), 0
 * absent, -1 reported. */
int loader_read_small(struct loader *l, int dir_fd, uint32_t svc, const char *name, char *buf,
                      size_t cap, size_t *len);
void loader_read_conf(struct loader *l, struct config *head);

/* essential.c: reads `essential`, which is there. */
void loader_read_essential(struct loader *l, int dir_fd, uint32_t svc);

/* extra.c: reads what few services have, as far as `has` (enum entry, or'ed) says that
 * it is there; what is `on` of the service is known already. */
void loader_read_extra(struct loader *l, int dir_fd, uint32_t svc, unsigned has);
/* Room for a row of draft svc; NULL after setting l->failed. */
struct conf_extra *loader_extra(struct loader *l, uint32_t svc);

/* cycles.c: marks wants on cycles as unordered, refuses cycles of needs. */
void loader_break_cycles(struct loader *l);

/* pack.c: everything into one block. */
struct config *loader_pack(struct loader *l, struct config *head);

#endif

/* rest.c - loads what the start does not come to, and checks it like all else.
 *
 * Each such service is added to what is loaded, as the supervisor adds one that is started by
 * hand; so each is read once, with what it needs.  What the loader says again of services
 * that it had refused, report.c leaves out. */
#include <string.h>

#include "src/check/check.h"
#include "src/limits.h"

#define ADDED_MAX 256 /* loads until what was added is let go: 10,000 services take seconds */

struct adding {
	struct tally *t;
	const struct config *c; /* what is loaded already */
};

/* A load reads refused services again.  Why they are refused was said, and of a name that is
 * too long another reason is found now. */
static void say_new(void *arg, const struct finding *f)
{
	const struct adding *a = arg;
	const char *root = config_str(a->c, a->c->svc_root);
	size_t n = strlen(root);
	bool below = strncmp(f->path, root, n) == 0 && f->path[n] == '/';
	uint32_t i = below ? config_find(a->c, f->path + n + 1, strlen(f->path + n + 1)) : NO_SVC;

	if (i == NO_SVC || !config_svc(a->c, i)->refusal)
		tally_say(a->t, f);
}

/* The tree with one service more; NULL without memory. */
static struct config *extend(struct tally *t, const struct config *c, const char *dir,
                             const char *name)
{
	struct engine *down = config_make_engine(c, false); /* nothing runs that has to be kept */
	struct adding a = {t, c};
	const struct load l = {.dir = dir, .asked = name, .old = c, .engine = down,
	                       .report = say_new, .arg = &a};
	struct config *more = down ? config_load(&l) : NULL;

	config_free_engine(down);
	if (more)
		check_services(t, more, c->n);
	return more;
}

/* One with `own` or, from time to time, without what was added before: a load copies that. */
static struct config *add(struct tally *t, const struct config *c, struct config *own,
                          const char *dir, const char *name, unsigned n_added)
{
	struct config *more;

	if (n_added % ADDED_MAX == 0) {
		config_free(own);
		own = NULL;
	}
	more = extend(t, own ? own : c, dir, name);
	config_free(own);
	return more;
}

void check_rest(struct tally *t, const struct config *c, const char *dir, const char *names, size_t n)
{
	struct config *own = NULL;
	unsigned n_added = 0;

	for (; n; n--, names += strlen(names) + 1) {
		const struct config *all = own ? own : c;

		if (config_find(all, names, strlen(names)) != NO_SVC)
			continue; /* another one of them needs or wants it */
		if (all->n >= CONFIG_SERVICES_MAX)
			break;
		own = add(t, c, own, dir, names, n_added++);
		if (!own)
			break;
	}
	if (n)
		tally_add(t, FINDING_WARNING, config_str(c, c->svc_root), "not all were looked at",
		          "there is no room for more services");
	config_free(own);
}

/* tree-carry.c - loads a tree, lets all of it run, extends it, changes and reloads it.
 *
 *   tree-carry TREE NAME COMMAND
 *
 * Prints what few services have: "before", then "extended" by the service NAME, then,
 * when COMMAND has been run by a shell, "reloaded"; and everything that the loader says. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/tree/config.h"

static void say(void *arg, const struct finding *f)
{
	(void)arg;
	printf("%s: %s: %s\n", f->path, f->what, f->why);
}

static void put_strings(const char *name, const char *s, uint32_t n)
{
	printf(" %s=", name);
	for (; n; n--, s += strlen(s) + 1)
		printf("%s,", s);
}

static void put_row(const char *when, const struct config *c, uint32_t i, const struct conf_extra *x)
{
	const struct graph_node *s = config_node(c, i);

	printf("%s %s", when, config_name(c, i));
	if (x->n_listen)
		put_strings("listen", config_str(c, x->listen), x->n_listen);
	printf(" ready=%d", x->ready_fd);
	if (x->user)
		printf(" user=%s", config_str(c, x->user));
	if (x->group)
		printf(" group=%s", config_str(c, x->group));
	if (x->has_groups)
		put_strings("groups", config_str(c, x->groups), x->n_groups);
	printf("%s on=%u off=%u delay=%u\n", x->pool ? " pool" : "", s->on_ms, s->off_ms, s->delay_ms);
}

/* In the order of names' rows; each row has to be that of the service that has it. */
static void put_rows(const char *when, const struct config *c)
{
	for (uint32_t k = 0; k < c->n_extras; k++) {
		const struct conf_extra *x = config_extra(c, k);

		if (x->svc >= c->n || config_svc(c, x->svc)->extra != k + 1) {
			printf("%s: row %u is nobody's\n", when, k);
			exit(1);
		}
		put_row(when, c, x->svc, x);
	}
}

static struct config *load(struct load *l)
{
	struct config *c;

	l->report = say;
	c = config_load(l);
	if (!c)
		exit(1);
	return c;
}

/* The engine of c, with all of it up. */
static struct engine *run_all(const struct config *c)
{
	struct engine *e = config_make_engine(c);
	struct event boot = {.kind = EV_BOOT, .svc = c->start, .answer_by_ms = NEVER};
	struct action act;

	if (!e)
		exit(1);
	engine_event(e, 0, &boot);
	while (engine_next(e, 0, &act))
		if (act.kind == ACT_SPAWN)
			engine_event(e, 0, &(struct event){.kind = EV_EXECUTED, .svc = act.svc});
	return e;
}

int main(int argc, char **argv)
{
	struct config *before, *extended, *reloaded;
	struct engine *running;
	uint32_t *map;

	if (argc != 4)
		return 2;
	before = load(&(struct load){.dir = argv[1], .start = "init"});
	put_rows("before", before);
	running = config_make_engine(before);
	if (!running)
		return 1;
	extended = load(&(struct load){.dir = argv[1], .asked = argv[2], .old = before,
	                               .engine = running});
	config_free_engine(running);
	put_rows("extended", extended);
	running = run_all(before);
	if (system(argv[3]) != 0)
		return 2;
	map = calloc(before->n, sizeof *map);
	reloaded = load(&(struct load){.dir = argv[1], .start = "init", .running = before,
	                               .engine = running, .map = map});
	put_rows("reloaded", reloaded);
	config_free_engine(running);
	free(map);
	config_free(before);
	config_free(extended);
	config_free(reloaded);
	return 0;
}

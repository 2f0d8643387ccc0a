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

static void put_list(const char *name, const struct config *c, uint32_t i, enum entry_id entry)
{
	const struct value *v = config_value(c, i, entry);

	if (v && (v->n || entry != ENTRY_LISTEN))
		put_strings(name, config_strings(c, v), v->n);
}

static void put_row(const char *when, const struct config *c, uint32_t i)
{
	const struct graph_node *s = config_node(c, i);
	const char *user = config_word(c, i, ENTRY_USER), *group = config_word(c, i, ENTRY_GROUP);

	printf("%s %s", when, config_name(c, i));
	put_list("listen", c, i, ENTRY_LISTEN);
	printf(" ready=%d", (int)config_number(c, i, ENTRY_READY, (uint32_t)-1));
	if (user)
		printf(" user=%s", user);
	if (group)
		printf(" group=%s", group);
	put_list("groups", c, i, ENTRY_GROUPS);
	printf("%s on=%u off=%u delay=%u\n", config_value(c, i, ENTRY_POOL) ? " pool" : "", s->on_ms,
	       s->off_ms, s->delay_ms);
}

static bool has_more(const struct config *c, uint32_t i)
{
	return config_value(c, i, ENTRY_LISTEN) || config_value(c, i, ENTRY_READY)
	       || config_value(c, i, ENTRY_USER) || config_value(c, i, ENTRY_GROUP)
	       || config_value(c, i, ENTRY_GROUPS) || config_value(c, i, ENTRY_POOL);
}

/* The value rows of a service stand in the order of the table, each entry once: else there are
 * rows of another one among them. */
static void put_rows(const char *when, const struct config *c)
{
	for (uint32_t i = 0; i < c->n; i++) {
		struct rows rows = config_rows(c, i);

		for (uint32_t k = 1; k < rows.n; k++)
			if (rows.at[k - 1].entry >= rows.at[k].entry) {
				printf("%s: the rows of %u are not its own\n", when, i);
				exit(1);
			}
		if (has_more(c, i))
			put_row(when, c, i);
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
	struct engine *e = config_make_engine(c, true);
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
	running = config_make_engine(before, true);
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

/* call.c - checks the count of parameters, fixes them up, calls. */
#include "src/pool/call.h"

#include <stdint.h>
#include <string.h>

#include "ipc/text.h"
#include "src/pool/modules.h"

struct call {
	const char *name;
	unsigned n;                    /* arguments */
	char *arg[CINIT_PARAMS_MAX];   /* in a copy that the call may change */
};

/* For one call at a time: calls are made in processes of their own. */
static char copy[1024];

static int say(struct cinit_out *out, const char *name, const char *why)
{
	out->len = 0;
	cinit_say(out, "%s: %s", name, why);
	return -1;
}

/* How many parameters it takes, said where they were others. */
static int say_count(struct cinit_out *out, const struct call *c, unsigned min, unsigned max)
{
	out->len = 0;
	if (min == max)
		cinit_say(out, "%s: takes %u arguments, not %u", c->name, min, c->n);
	else
		cinit_say(out, "%s: takes %u to %u arguments, not %u", c->name, min, max, c->n);
	return -1;
}

/* False: there are too many, or they are no words. */
static bool split(const char *words, size_t n, struct call *c)
{
	char *at = copy, *end = copy + n;

	if (n == 0 || n > sizeof copy || words[n - 1] != '\0')
		return false;
	memcpy(copy, words, n);
	c->name = copy;
	for (at += strlen(at) + 1; at < end; at += strlen(at) + 1) {
		if (c->n == CINIT_PARAMS_MAX)
			return false;
		c->arg[c->n++] = at;
	}
	return true;
}

/* ---- commands ---- */

static void unfix(const struct cinit_command *cmd, void **params, unsigned n)
{
	while (n-- > 0)
		if (cmd->fixup_free)
			cmd->fixup_free(&params[n], n);
}

static int run_command(const struct cinit_command *cmd, const struct call *c, struct cinit_out *out)
{
	void *params[CINIT_PARAMS_MAX + 1] = {NULL};
	unsigned fixed;
	int r;

	if (c->n != cmd->n_params)
		return say_count(out, c, cmd->n_params, cmd->n_params);
	for (fixed = 0; fixed < c->n; fixed++) {
		params[fixed] = c->arg[fixed];
		if (cmd->fixup && cmd->fixup(&params[fixed], fixed) < 0) {
			unfix(cmd, params, fixed);
			return say(out, c->name, "an argument that it does not take");
		}
	}
	r = cmd->call(out, params);
	unfix(cmd, params, fixed);
	return r;
}

static int run_rpc(const struct cinit_rpc *rpc, struct call *c, struct cinit_out *out)
{
	if (c->n < rpc->min || c->n > rpc->max)
		return say_count(out, c, rpc->min, rpc->max);
	return rpc->call(out, (int)c->n, c->arg);
}

/* ---- what there is ---- */

/* `help`, unless a module exports that: what can be called. */
static int list(struct cinit_out *out)
{
	for (unsigned i = 0; i < n_modules; i++) {
		const struct cinit_module *m = modules[i].module;

		for (const struct cinit_command *c = m->commands; c && c->name; c++)
			if (!(c->flags & CINIT_INTERNAL))
				cinit_say(out, "%s.%s, %u arguments\n", m->name, c->name, c->n_params);
		for (const struct cinit_rpc *r = m->rpc; r && r->name; r++)
			cinit_say(out, "%s.%s: %s\n", m->name, r->name, r->doc ? r->doc : "");
	}
	return 0;
}

int call_exported(const char *words, size_t n, char *text, size_t cap)
{
	struct cinit_out out = {.text = text, .cap = cap};
	struct call c = {.n = 0};
	const struct cinit_command *cmd;
	const struct cinit_rpc *rpc;
	int r = -1;

	text[0] = '\0';
	if (!split(words, n, &c))
		return say(&out, "call", "too many arguments");
	cmd = modules_command(c.name, strlen(c.name), true);
	rpc = cmd ? NULL : modules_rpc(c.name, strlen(c.name));
	if (cmd)
		r = run_command(cmd, &c, &out);
	else if (rpc)
		r = run_rpc(rpc, &c, &out);
	else if (strcmp(c.name, "help") == 0)
		r = list(&out);
	else
		return say(&out, c.name, "no such command");
	if (r < 0 && out.len == 0)
		return say(&out, c.name, "failed");
	return r < 0 ? -1 : 0;
}

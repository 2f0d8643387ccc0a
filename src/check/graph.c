/* graph.c - `cinit.check --graph`: the resolved tree as JSON, for scripts and
 * tests: {"start": NAME, "conf": {...}, "services": {NAME: {...}, ...}}. */
#include <string.h>

#include "src/check/check.h"
#include "src/config/essential.h"
#include "src/engine/classes.h"

static void member(struct text *out, const char *name)
{
	text_str(out, ", ");
	text_json(out, name, strlen(name));
	text_str(out, ": ");
}

/* The edges, all of them or only those that order nothing. */
static void put_edges(struct text *out, const struct config *c, struct edges edges, bool all)
{
	const char *comma = "";

	text_char(out, '[');
	for (uint32_t k = 0; k < edges.n; k++) {
		const char *name = config_name(c, edges.at[k] & ~WANT_UNORDERED);

		if (!all && !(edges.at[k] & WANT_UNORDERED))
			continue;
		text_str(out, comma);
		text_json(out, name, strlen(name));
		comma = ", ";
	}
	text_char(out, ']');
}

static void put_strings(struct text *out, const char *s, uint32_t n)
{
	text_char(out, '[');
	for (uint32_t k = 0; k < n; k++, s += strlen(s) + 1) {
		if (k)
			text_str(out, ", ");
		text_json(out, s, strlen(s));
	}
	text_char(out, ']');
}

static void put_program(struct text *out, const struct config *c, const char *name,
                        const struct conf_prog *p)
{
	if (!p->present)
		return;
	member(out, name);
	text_str(out, "{\"argv0\": ");
	if (p->argv0)
		text_json(out, config_str(c, p->argv0), strlen(config_str(c, p->argv0)));
	else
		text_str(out, "null");
	member(out, "params");
	put_strings(out, config_str(c, p->params), p->n_params);
	if (p->has_env) {
		member(out, "env");
		put_strings(out, config_str(c, p->env), p->n_env);
	}
	text_char(out, '}');
}

static void put_essential(struct text *out, const struct config *c, const struct conf_svc *s)
{
	const char *counts = s->essential == ESSENTIAL_SUCCESS ? "success"
	                     : s->essential == ESSENTIAL_FAILURE ? "failure" : "exit";

	member(out, "essential");
	text_str(out, "{\"counts\": ");
	text_json(out, counts, strlen(counts));
	member(out, "codes");
	put_strings(out, config_str(c, s->codes), s->n_codes);
	text_char(out, '}');
}

static void put_service(struct text *out, const struct config *c, uint32_t i)
{
	const struct engine *e = config_engine(c);
	const struct conf_svc *s = config_svc(c, i);
	const struct svc *row = engine_svc(e, i);

	text_json(out, config_name(c, i), strlen(config_name(c, i)));
	text_str(out, ": {\"needs\": ");
	put_edges(out, c, needs_of(e, i), true);
	member(out, "wants");
	put_edges(out, c, wants_of(e, i), true);
	member(out, "unordered");
	put_edges(out, c, wants_of(e, i), false);
	put_program(out, c, "on", &s->on);
	put_program(out, c, "off", &s->off);
	member(out, "respawn");
	text_str(out, row->kind & KIND_RESPAWN ? "true" : "false");
	member(out, "delay_ms");
	text_u64(out, row->delay_ms);
	if (s->essential)
		put_essential(out, c, s);
	if (s->refusal) {
		member(out, "refused");
		text_json(out, config_str(c, s->refusal), strlen(config_str(c, s->refusal)));
	}
	text_char(out, '}');
}

static void put_conf(struct text *out, const struct config *c)
{
	text_str(out, "{\"sleep_before_kill_ms\": ");
	text_u64(out, c->sleep_before_kill_ms);
	put_program(out, c, "last", &c->last);
	put_program(out, c, "panic", &c->panic);
	text_char(out, '}');
}

void check_graph(struct text *out, const struct config *c)
{
	text_str(out, "{\"start\": ");
	if (c->start == NO_SVC)
		text_str(out, "null");
	else
		text_json(out, config_name(c, c->start), strlen(config_name(c, c->start)));
	member(out, "conf");
	put_conf(out, c);
	member(out, "services");
	text_char(out, '{');
	for (uint32_t i = 0; i < c->n; i++) {
		text_str(out, i ? ",\n " : "\n ");
		put_service(out, c, i);
	}
	text_str(out, "\n}}\n");
}

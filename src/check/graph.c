/* graph.c - `cinit.check --graph`: the resolved tree as JSON, for scripts and
 * tests: {"start": NAME, "conf": {...}, "services": {NAME: {...}, ...}}. */
#include <limits.h>
#include <string.h>

#include <unistd.h>

#include "src/check/check.h"
#include "src/tree/pool_conf.h"

static void member(struct text *out, const char *name)
{
	text_str(out, ", ");
	text_json(out, name, strlen(name));
	text_str(out, ": ");
}

/* The services that stand from `at` to before `end`: all of them, or only those that
 * are wanted without any order. */
static void put_edges(struct text *out, const struct config *c, const uint32_t *at,
                      const uint32_t *end, bool all)
{
	const char *comma = "";

	text_char(out, '[');
	for (; at < end; at++) {
		const char *name = config_name(c, *at & ~WANT_UNORDERED);

		if (!all && !(*at & WANT_UNORDERED))
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

static void put_program(struct text *out, const struct config *c, uint32_t i, enum entry_id which)
{
	struct rows rows = config_rows(c, i);
	struct program p = rows_program(&rows, which);

	if (!p.present)
		return;
	member(out, entries[which].name);
	text_str(out, "{\"argv0\": ");
	if (p.argv0)
		text_json(out, p.argv0, strlen(p.argv0));
	else
		text_str(out, "null");
	member(out, "params");
	put_strings(out, p.params, p.n_params);
	if (p.has_env) {
		member(out, "env");
		put_strings(out, p.env, p.n_env);
	}
	if (p.adds_env) {
		member(out, "adds_env");
		text_str(out, "true");
	}
	text_char(out, '}');
}

/* Pairs of exit codes, "FROM=TO" each. */
static void put_codes(struct text *out, const uint64_t *number, uint32_t n)
{
	text_char(out, '[');
	for (uint32_t k = 0; k + 1 < n; k += 2) {
		text_str(out, k ? ", \"" : "\"");
		text_u64(out, number[k]);
		text_char(out, '=');
		text_u64(out, number[k + 1]);
		text_char(out, '"');
	}
	text_char(out, ']');
}

static void put_essential(struct text *out, const struct config *c, uint32_t i)
{
	const struct value *v = config_value(c, i, ENTRY_ESSENTIAL);
	const uint64_t *number = v ? config_numbers(c, v) : NULL;
	const char *counts;

	if (!v)
		return;
	counts = *number == ESSENTIAL_SUCCESS ? "success"
	         : *number == ESSENTIAL_FAILURE ? "failure" : "exit";
	member(out, "essential");
	text_str(out, "{\"counts\": ");
	text_json(out, counts, strlen(counts));
	member(out, "codes");
	put_codes(out, number + 1, v->n - 1);
	text_char(out, '}');
}

static void put_number(struct text *out, const char *name, uint64_t number)
{
	member(out, name);
	text_u64(out, number);
}

static void put_modules(struct text *out, int service_fd)
{
	char lines[POOL_MODULES_BYTES], where[POOL_WHERE_MAX];
	const char *why;
	int n = pool_conf_modules(service_fd, lines, where, &why);

	member(out, "modules");
	put_strings(out, lines, n > 0 ? (uint32_t)n : 0);
}

static void put_pool(struct text *out, const struct config *c, uint32_t i)
{
	struct pool_conf p;
	int fd = check_open_pool(c, i, &p);

	if (fd < 0)
		return;
	member(out, "pool");
	text_str(out, "{\"mode\": ");
	text_str(out, p.mode == POOL_DISPATCH ? "\"dispatch\"" : "\"share\"");
	put_number(out, "min", p.min);
	put_number(out, "max", p.max);
	put_number(out, "idle", p.idle);
	put_number(out, "idle_time_ms", p.idle_time_ms);
	put_number(out, "requests", p.requests);
	put_number(out, "timeout_ms", p.timeout_ms);
	put_number(out, "keepalive_ms", p.keepalive_ms);
	if (p.has_modules)
		put_modules(out, fd);
	text_char(out, '}');
	close(fd);
}

static void put_word(struct text *out, const struct config *c, uint32_t i, enum entry_id entry)
{
	const char *word = config_word(c, i, entry);

	if (!word)
		return;
	member(out, entries[entry].name);
	text_json(out, word, strlen(word));
}

static void put_list(struct text *out, const struct config *c, uint32_t i, enum entry_id entry,
                     bool even_empty)
{
	const struct value *v = config_value(c, i, entry);

	if (!v || (!v->n && !even_empty))
		return;
	member(out, entries[entry].name);
	put_strings(out, config_strings(c, v), v->n);
}

/* Settings of the process, each as a person would write it. */
static void put_settings(struct text *out, const struct config *c, uint32_t i)
{
	struct rows rows = config_rows(c, i);
	char value[PATH_MAX];
	struct text t;

	for (uint32_t k = 0; k < rows.n; k++) {
		const struct entry *e = &entries[rows.at[k].entry];

		if (!(e->is & IS_NESTED))
			continue;
		text_init(&t, value, sizeof value);
		value_put(&t, &rows, &rows.at[k]);
		member(out, e->name);
		text_json(out, value, t.len);
	}
}

static void put_entries(struct text *out, const struct config *c, uint32_t i)
{
	const struct value *ready = config_value(c, i, ENTRY_READY);

	put_list(out, c, i, ENTRY_LISTEN, false);
	if (ready)
		put_number(out, "ready_fd", ready->at);
	put_word(out, c, i, ENTRY_USER);
	put_word(out, c, i, ENTRY_GROUP);
	put_list(out, c, i, ENTRY_GROUPS, true);
	put_pool(out, c, i);
	put_essential(out, c, i);
	put_settings(out, c, i);
}

static void put_service(struct text *out, const struct config *c, uint32_t i)
{
	struct graph g = config_graph(c);
	const uint32_t *wants = g.want + g.want_at[i], *wants_end = g.want + g.want_at[i + 1];
	const struct conf_svc *s = config_svc(c, i);
	const struct graph_node *node = config_node(c, i);

	text_json(out, config_name(c, i), strlen(config_name(c, i)));
	text_str(out, ": {\"needs\": ");
	put_edges(out, c, g.need + g.need_at[i], g.need + g.need_at[i + 1], true);
	member(out, "wants");
	put_edges(out, c, wants, wants_end, true);
	member(out, "unordered");
	put_edges(out, c, wants, wants_end, false);
	put_program(out, c, i, ENTRY_ON);
	put_program(out, c, i, ENTRY_OFF);
	member(out, "respawn");
	text_str(out, node->kind & KIND_RESPAWN ? "true" : "false");
	put_number(out, "delay_ms", node->delay_ms);
	if (node->on_ms)
		put_number(out, "timeout_on_ms", node->on_ms);
	if (node->off_ms)
		put_number(out, "timeout_off_ms", node->off_ms);
	put_entries(out, c, i);
	if (s->refusal) {
		member(out, "refused");
		text_json(out, config_str(c, s->refusal), strlen(config_str(c, s->refusal)));
	}
	text_char(out, '}');
}

static void put_conf(struct text *out, const struct config *c)
{
	text_str(out, "{\"sleep_before_kill_ms\": ");
	text_u64(out, config_sleep_before_kill_ms(c));
	put_program(out, c, NO_SVC, CONF_LAST);
	put_program(out, c, NO_SVC, CONF_PANIC);
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

/* show.c - tables and JSON. */
#include "client/show.h"

#include <stdlib.h>
#include <string.h>

#include "client/ask.h"
#include "client/pool.h"
#include "client/screen.h"

enum { COLUMNS = 5, CELL = 1100, END = 160 };

#define NAME_COLUMNS 32 /* a longer name folds its line, on a terminal: most have 80 columns */

static const char *const titles[COLUMNS] = {"NAME", "STATE", "SINCE", "PID", "LAST EXIT"};

void show_age(struct text *t, int64_t ms)
{
	int64_t s = ms / 1000;

	if (s < 120) {
		text_i64(t, s);
		text_str(t, " s");
	} else if (s < 7200) {
		text_i64(t, s / 60);
		text_str(t, " min");
	} else if (s < 172800) {
		text_i64(t, s / 3600);
		text_str(t, " h");
	} else {
		text_i64(t, s / 86400);
		text_str(t, " d");
	}
}

static void put_last(struct text *t, const struct cinit_item *item)
{
	char end[END];

	cinit_end_text(&item->last, end, sizeof end);
	text_str(t, end);
}

static void put_cell(struct text *t, const struct cinit_item *item, unsigned column, int64_t now)
{
	switch (column) {
	case 0:
		screen_name(t, item->name, item->name_len, ask_charset);
		break;
	case 1:
		text_str(t, cinit_state_word(item->state));
		break;
	case 2:
		if (item->since_ms)
			show_age(t, now - item->since_ms);
		break;
	case 3:
		if (item->pid)
			text_i64(t, item->pid);
		break;
	default:
		put_last(t, item);
		break;
	}
	if (!t->len)
		text_char(t, '-');
}

static const char *colour_of(unsigned state)
{
	switch (state) {
	case CINIT_STATE_DOWN: return "";
	case CINIT_STATE_UP: return "\033[32m";
	case CINIT_STATE_FAILED:
	case CINIT_STATE_REFUSED:
	case CINIT_STATE_BLOCKED: return "\033[31m";
	default: return "\033[33m"; /* on its way */
	}
}

static void pad(struct text *out, const char *cell, size_t to)
{
	size_t w = screen_width(cell);

	text_repeat(out, ' ', w < to ? to - w + 2 : 2);
}

/* Behind a cell of the table; a name that is wider than its column ends its line. */
static void end_cell(struct text *out, const char *cell, size_t width)
{
	if (screen_width(cell) <= width) {
		pad(out, cell, width);
		return;
	}
	text_char(out, '\n');
	pad(out, "", width);
}

static void put_row(struct text *out, const struct cinit_item *item, const size_t *widths,
                    int64_t now, bool colour)
{
	char cell[CELL];
	struct text t;

	for (unsigned c = 0; c < COLUMNS; c++) {
		bool coloured = colour && c == 1 && *colour_of(item->state);

		text_init(&t, cell, sizeof cell);
		put_cell(&t, item, c, now);
		if (coloured)
			text_str(out, colour_of(item->state));
		text_str(out, cell);
		if (coloured)
			text_str(out, "\033[0m");
		end_cell(out, cell, widths[c]);
	}
	if (item->why != CINIT_WHY_END) { /* the last exit says it already */
		cinit_why(item, ask_charset, cell, sizeof cell);
		screen_text(out, cell, ask_charset);
	}
	text_char(out, '\n');
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct cinit_item *)a)->name, ((const struct cinit_item *)b)->name);
}

void show_sort(struct cinit_item *items, size_t n)
{
	if (n)
		qsort(items, n, sizeof *items, by_name);
}

static void measure(size_t widths[COLUMNS], const struct cinit_item *items, size_t n, int64_t now)
{
	char cell[CELL];
	struct text t;

	for (unsigned c = 0; c < COLUMNS; c++)
		widths[c] = strlen(titles[c]);
	for (size_t i = 0; i < n; i++)
		for (unsigned c = 0; c < COLUMNS; c++) {
			text_init(&t, cell, sizeof cell);
			put_cell(&t, &items[i], c, now);
			if (screen_width(cell) > widths[c])
				widths[c] = screen_width(cell);
		}
}

void show_table(struct text *out, struct cinit_item *items, size_t n, struct look look)
{
	size_t widths[COLUMNS];
	int64_t now = cinit_now_ms();

	show_sort(items, n);
	measure(widths, items, n, now);
	if (look.fold && widths[0] > NAME_COLUMNS)
		widths[0] = NAME_COLUMNS;
	for (unsigned c = 0; c < COLUMNS; c++) {
		text_str(out, titles[c]);
		pad(out, titles[c], widths[c]);
	}
	text_str(out, "WHY\n");
	for (size_t i = 0; i < n; i++)
		put_row(out, &items[i], widths, now, look.colour);
}

/* ---- JSON ---- */

void show_key(struct text *out, const char *key)
{
	text_str(out, ", \"");
	text_str(out, key);
	text_str(out, "\": ");
}

void show_word(struct text *out, const char *key, const char *word)
{
	show_key(out, key);
	screen_json(out, word, strlen(word));
}

void show_bool(struct text *out, const char *key, bool value)
{
	show_key(out, key);
	text_str(out, value ? "true" : "false");
}

void show_number(struct text *out, const char *key, int64_t value)
{
	show_key(out, key);
	text_i64(out, value);
}

static void put_end(struct text *out, const struct cinit_end *end)
{
	show_key(out, "last_exit");
	switch (end->kind) {
	case CINIT_END_EXIT:
		text_str(out, "{\"exit\": ");
		break;
	case CINIT_END_SIGNAL:
		text_str(out, "{\"signal\": ");
		break;
	case CINIT_END_SPAWN:
		text_str(out, "{\"step\": ");
		text_json(out, cinit_step_word(end->step), strlen(cinit_step_word(end->step)));
		show_word(out, "error", strerror(end->code));
		text_str(out, ", \"errno\": ");
		break;
	default:
		text_str(out, "null");
		return;
	}
	text_i64(out, end->code);
	text_char(out, '}');
}

/* Else `other`, if there is any, is a text that `why` has in it. */
static bool names_service(enum cinit_why why)
{
	return why != CINIT_WHY_LOAD && why != CINIT_WHY_LATE && why != CINIT_WHY_SAID
	       && why != CINIT_WHY_DELAY;
}

static void put_item(struct text *out, const struct cinit_item *item)
{
	int64_t now = cinit_now_ms();
	char why[CELL];

	show_word(out, "state", cinit_state_word(item->state));
	show_bool(out, "wished_up", item->flags & CINIT_ITEM_WISHED);
	show_bool(out, "respawn", item->flags & CINIT_ITEM_RESPAWN);
	show_bool(out, "group", item->flags & CINIT_ITEM_GROUP);
	show_number(out, "pid", item->pid);
	show_number(out, "since_ms", item->since_ms ? now - item->since_ms : 0);
	show_number(out, "crashes", item->crashes);
	if (item->deadline_ms)
		show_number(out, "until_ms", item->deadline_ms > now ? item->deadline_ms - now : 0);
	put_end(out, &item->last);
	cinit_why(item, CINIT_UTF8, why, sizeof why);
	show_word(out, "why", why);
	if (item->other_len && names_service(item->why)) {
		show_key(out, "other");
		screen_json(out, item->other, item->other_len);
	}
}

static void put_if(struct text *out, const char *key, const char *word)
{
	if (word)
		show_word(out, key, word);
}

void show_object(struct text *out, const struct show_object *o, size_t i)
{
	text_str(out, i ? ",\n {\"name\": " : "[{\"name\": ");
	if (o->item)
		screen_json(out, o->item->name, o->item->name_len);
	else
		screen_json(out, o->name, strlen(o->name));
	put_if(out, "result", o->result);
	put_if(out, "error", o->error);
	put_if(out, "did_you_mean", o->near);
	put_if(out, "said", o->said);
	if (o->item)
		put_item(out, o->item);
	if (o->pool && o->pool->known)
		pool_json(out, o->pool);
	text_char(out, '}');
}

void show_end(struct text *out, size_t n)
{
	text_str(out, n ? "]\n" : "[]\n");
}

void show_json(struct text *out, const struct cinit_item *items, size_t n)
{
	for (size_t i = 0; i < n; i++)
		show_object(out, &(struct show_object){.name = items[i].name, .item = &items[i]}, i);
	show_end(out, n);
}

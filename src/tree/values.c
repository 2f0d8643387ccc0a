/* values.c - the three arrays, in memory that grows. */
#include "src/tree/values.h"

#include <errno.h>
#include <string.h>

#include "ipc/text.h"
#include "src/limits.h"
#include "src/tree/limits_words.h"

int values_begin(struct values *v)
{
	*v = (struct values){
		.rows.max = (size_t)CONFIG_SERVICES_MAX * ENTRY_N * sizeof(struct value),
		.strings.max = CONFIG_BYTES_MAX,
		.numbers.max = CONFIG_BYTES_MAX,
	};
	values_string(v, "", 0);
	return v->failed ? -1 : 0;
}

void values_free(struct values *v)
{
	vec_free(&v->rows);
	vec_free(&v->strings);
	vec_free(&v->numbers);
}

void values_fail(struct values *v, const char *why)
{
	if (!v->failed)
		v->failed = why;
}

void values_lack(struct values *v, int error, const char *limit)
{
	if (error != EFBIG)
		values_fail(v, strerror(error));
	else if (!v->full)
		v->full = limit;
}

uint32_t values_string(struct values *v, const char *s, size_t n)
{
	uint32_t offset = (uint32_t)v->strings.len;
	char *at = vec_add(&v->strings, n + 1);

	if (!at) {
		values_lack(v, errno, VALUES_LIMIT_STRINGS);
		return 0;
	}
	memcpy(at, s, n);
	at[n] = '\0';
	return offset;
}

uint32_t values_numbers(struct values *v, const uint64_t *number, uint32_t n)
{
	uint32_t index = (uint32_t)(v->numbers.len / sizeof *number);
	void *at = vec_add(&v->numbers, n * sizeof *number);

	if (!at) {
		values_lack(v, errno, "all services together have more than " LIMIT_TEXT(CONFIG_BYTES_MAX_MIB)
		            " MiB of numbers");
		return 0;
	}
	memcpy(at, number, n * sizeof *number);
	return index;
}

void values_add(struct values *v, const struct value *row)
{
	struct value *at;

	if (values_stopped(v))
		return;
	at = vec_add(&v->rows, sizeof *at);
	if (at)
		*at = *row;
	else
		values_fail(v, strerror(errno)); /* there is room for every entry of every service */
}

uint32_t values_count(const struct values *v)
{
	return (uint32_t)(v->rows.len / sizeof(struct value));
}

struct value *values_row(const struct values *v, uint32_t i)
{
	return (struct value *)(void *)v->rows.at + i;
}

const struct value *values_find(const struct values *v, uint32_t first, enum entry_id entry)
{
	for (uint32_t i = first; i < values_count(v); i++)
		if (values_row(v, i)->entry == entry)
			return values_row(v, i);
	return NULL;
}

struct rows values_rows(const struct values *v)
{
	return (struct rows){
		.at = values_row(v, 0), .n = values_count(v), .strings = v->strings.at,
		.numbers = (const uint64_t *)(const void *)v->numbers.at,
	};
}

const struct value *rows_find(const struct rows *r, enum entry_id entry)
{
	for (uint32_t i = 0; i < r->n; i++)
		if (r->at[i].entry == entry)
			return &r->at[i];
	return NULL;
}

const char *rows_word(const struct rows *r, enum entry_id entry)
{
	const struct value *v = rows_find(r, entry);

	return v && v->n ? r->strings + v->at : NULL;
}

/* A first line `+` is no variable. */
static void take_plus(struct program *p)
{
	p->adds_env = p->n_env && strcmp(p->env, "+") == 0;
	if (!p->adds_env)
		return;
	p->env = string_after(p->env);
	p->n_env--;
}

struct program rows_program(const struct rows *r, enum entry_id program)
{
	const struct value *on = rows_find(r, program);
	const struct value *params = rows_find(r, ENTRY_PARAMS_OF(program));
	const struct value *env = rows_find(r, ENTRY_ENV_OF(program));

	struct program p = {
		.present = on, .argv0 = on && on->n ? r->strings + on->at : NULL,
		.params = params ? r->strings + params->at : "", .n_params = params ? params->n : 0,
		.has_env = env, .env = env ? r->strings + env->at : "", .n_env = env ? env->n : 0,
	};

	take_plus(&p);
	return p;
}

static void put_strings(struct text *t, const char *s, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++, s = string_after(s)) {
		text_str(t, i ? " " : "");
		text_str(t, s);
	}
}

/* With a zero in front, as people write modes. */
static void put_octal(struct text *t, uint32_t number)
{
	for (int shift = 9; shift >= 0; shift -= 3)
		text_char(t, (char)('0' + (number >> shift & 7)));
}

void value_put(struct text *t, const struct rows *r, const struct value *v)
{
	switch ((enum entry_holds)entries[v->entry].holds) {
	case HOLDS_NOTHING: break;
	case HOLDS_NUMBER:
		text_u64(t, v->at);
		break;
	case HOLDS_OCTAL:
		put_octal(t, v->at);
		break;
	case HOLDS_SIGNED:
		text_i64(t, (int32_t)v->at);
		break;
	case HOLDS_NUMBERS:
		for (uint32_t i = 0; i < v->n; i++) {
			text_str(t, i ? " " : "");
			text_u64(t, r->numbers[v->at + i]);
		}
		break;
	case HOLDS_LIMITS:
		limits_put(t, r->numbers + v->at, v->n);
		break;
	case HOLDS_STRINGS:
		put_strings(t, r->strings + v->at, v->n);
		break;
	}
}

const char *string_after(const char *s)
{
	return s + strlen(s) + 1;
}

/* values.c - the three arrays, in memory that grows. */
#include "src/tree/values.h"

#include <errno.h>
#include <string.h>

#include "src/limits.h"

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

uint32_t values_string(struct values *v, const char *s, size_t n)
{
	uint32_t offset = (uint32_t)v->strings.len;
	char *at = vec_add(&v->strings, n + 1);

	if (!at) {
		values_fail(v, errno == EFBIG ? "more than 64 MiB of strings" : strerror(errno));
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
		values_fail(v, errno == EFBIG ? "more than 64 MiB of numbers" : strerror(errno));
		return 0;
	}
	memcpy(at, number, n * sizeof *number);
	return index;
}

void values_add(struct values *v, const struct value *row)
{
	struct value *at = v->failed ? NULL : vec_add(&v->rows, sizeof *at);

	if (at)
		*at = *row;
	else
		values_fail(v, strerror(errno));
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

const char *string_after(const char *s)
{
	return s + strlen(s) + 1;
}

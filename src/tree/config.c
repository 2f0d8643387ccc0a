/* config.c - asks a loaded tree what its entries say. */
#include "src/tree/config.h"

#include <string.h>
#include <sys/mman.h>

#include "src/limits.h"

static const struct value *row_at(const struct config *c, uint32_t i)
{
	return (const struct value *)((uintptr_t)c + c->values) + i;
}

/* Where the rows of this service begin; those of conf/ stand behind the last one's. */
static uint32_t first_of(const struct config *c, uint32_t svc)
{
	return config_svc(c, svc)->value_at;
}

struct rows config_rows(const struct config *c, uint32_t svc)
{
	uint32_t first = first_of(c, svc < c->n ? svc : c->n);

	return (struct rows){
		.at = row_at(c, first), .n = (svc < c->n ? first_of(c, svc + 1) : c->n_values) - first,
		.numbers = (const uint64_t *)((uintptr_t)c + c->numbers), .strings = config_str(c, 0),
	};
}

const struct value *config_value(const struct config *c, uint32_t svc, enum entry_id entry)
{
	struct rows rows = config_rows(c, svc);

	return rows_find(&rows, entry);
}

const uint64_t *config_numbers(const struct config *c, const struct value *v)
{
	return (const uint64_t *)((uintptr_t)c + c->numbers) + v->at;
}

const char *config_strings(const struct config *c, const struct value *v)
{
	return config_str(c, v->at);
}

const char *config_word(const struct config *c, uint32_t svc, enum entry_id entry)
{
	struct rows rows = config_rows(c, svc);

	return rows_word(&rows, entry);
}

uint32_t config_number(const struct config *c, uint32_t svc, enum entry_id entry, uint32_t absent)
{
	const struct value *v = config_value(c, svc, entry);

	return v ? v->at : absent;
}

uint32_t config_sleep_before_kill_ms(const struct config *c)
{
	return config_number(c, NO_SVC, CONF_SLEEP_BEFORE_KILL, SLEEP_BEFORE_KILL_S * 1000);
}

uint32_t config_find(const struct config *c, const char *name, size_t n)
{
	const uint32_t *slot = (const uint32_t *)((uintptr_t)c + c->names);
	uint32_t at = config_name_slot(name, n, c->n_names);

	for (; slot[at]; at = (at + 1) & (c->n_names - 1)) {
		const char *s = config_name(c, slot[at] - 1);

		if (strncmp(s, name, n) == 0 && s[n] == '\0')
			return slot[at] - 1;
	}
	return NO_SVC;
}

void config_free(struct config *c)
{
	if (c)
		munmap(c, c->size);
}

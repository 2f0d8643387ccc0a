/* entries.c - prints the table of entries as it was built, a line each:
 *
 *   NAME TAB PLACE TAB WHAT TAB VALUE
 *
 * PLACE is svc or conf; WHAT is link (a program), links (a directory of them), directory, file,
 * or later for what is not built yet.  VALUE is a good one of a file, as a string of JSON, or
 * "-" where there is none in test/fuzz/values.h. */
#include <stdio.h>
#include <string.h>

#include "ipc/text.h"
#include "src/tree/entries.h"
#include "src/tree/readers.h"
#include "test/fuzz/values.h"

static const char *what(const struct entry *e)
{
	if (e->is & IS_LATER)
		return "later";
	if (e->read == read_program)
		return "link";
	if (e->read == read_links)
		return "links";
	return e->read == read_pool ? "directory" : "file";
}

int main(void)
{
	char value[512];
	struct text t;

	for (int id = 0; id < ENTRY_N; id++) {
		const struct entry *e = &entries[id];

		text_init(&t, value, sizeof value);
		if (good_values[id])
			text_json(&t, good_values[id], strlen(good_values[id]));
		printf("%s\t%s\t%s\t%s\n", e->name, entry_is_conf(e) ? "conf" : "svc", what(e), t.len ? value : "-");
	}
	return fflush(stdout) != 0;
}

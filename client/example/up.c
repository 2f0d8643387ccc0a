/* up.c - starts services all at the same time, and says what became of each.
 *
 *   up [-r RUNDIR] NAME...
 *
 *   cc up.c -lcinit -o up
 *
 * Several requests are under way on one connection; the answers come in any order,
 * and bear the ids of their requests. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cinit/client.h>

static struct cinit supervisor;

static int fail(const char *name)
{
	fprintf(stderr, "up: %s%s%s\n", name, *name ? ": " : "", cinit_problem(&supervisor));
	return 1;
}

static int say(struct cinit_answer *answer, const char *name)
{
	char line[1100];

	if (answer->result == CINIT_RESULT_DONE) {
		printf("%s: up\n", name);
		return 0;
	}
	cinit_answer_text(answer, name, CINIT_UTF8, line, sizeof line);
	printf("%s\n", line);
	return 1;
}

int main(int argc, char **argv)
{
	const char *rundir = NULL;
	uint64_t ids[CINIT_AT_ONCE];
	char **names = argv + 1;
	int n = argc - 1, failed = 0;

	if (n > 1 && strcmp(names[0], "-r") == 0) {
		rundir = names[1];
		names += 2;
		n -= 2;
	}
	if (n < 1 || n > CINIT_AT_ONCE) {
		fprintf(stderr, "usage: up [-r RUNDIR] NAME... (at most %d)\n", CINIT_AT_ONCE);
		return 2;
	}
	if (cinit_connect(&supervisor, rundir) != CINIT_OK)
		return fail("");
	for (int i = 0; i < n; i++) {
		const struct cinit_request start = {.verb = CINIT_START, .name = names[i]};

		if (cinit_ask(&supervisor, &start, &ids[i]) != CINIT_OK)
			return fail(names[i]);
	}
	for (int answered = 0; answered < n; answered++) {
		struct cinit_answer answer;

		if (cinit_wait(&supervisor, &answer, 0) != CINIT_OK)
			return fail("");
		for (int i = 0; i < n; i++)
			if (ids[i] == answer.id)
				failed |= say(&answer, names[i]);
	}
	cinit_close(&supervisor);
	return failed;
}

/* pool-liar.c - in the place of cinit.pool: a manager that is up at once and then does what
 * the file `liar` of its service directory says.
 *
 *   silent    answers nothing
 *   nonsense  answers each request with everything that is no answer, then with one that is
 *   other     answers with the ids of others
 *   flood     sends records without end
 *   close     closes its end
 *   die       dies of the first request
 *   twice     answers everything twice
 *   escapes   answers with bytes that no terminal should see, in two lines
 *   words     says why it will end, in bytes that no terminal should see, and ends
 *   late      says so before it is up
 */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ipc/pool.h"

static int control_fd;

static void post(const struct ipc_record *r, size_t n)
{
	/* the supervisor may have had enough */
	if (send(control_fd, r, n, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 && errno != EAGAIN)
		exit(4);
}

static struct ipc_record answer_to(const struct ipc_record *q)
{
	struct ipc_record r;

	record_init(&r);
	r.id = q->id;
	r.verb = q->verb;
	r.result = RES_DONE;
	return r;
}

static void good(const struct ipc_record *q)
{
	struct ipc_record r = answer_to(q);
	struct ipc_pool pool = {.min = 1, .max = 2, .idle = 1, .queue = IPC_QUEUE_UNKNOWN};
	struct ipc_worker worker = {.rank = 1, .pid = 2, .state = WORKER_IDLE};

	if (q->verb == VERB_WORKERS) {
		record_put_pool(&r, &pool);
		record_put_worker(&r, &worker);
		r.total = 1;
	} else {
		record_set_text(&r, "as you say");
	}
	post(&r, sizeof r);
}

static void nonsense(const struct ipc_record *q)
{
	struct ipc_record r = answer_to(q);

	post(&r, 0);
	post(&r, 1);
	post(&r, sizeof r - 1);
	r.magic++;
	post(&r, sizeof r);
	r = answer_to(q);
	r.version++;
	post(&r, sizeof r);
	r = answer_to(q);
	r.payload_len = sizeof r.payload + 1;
	post(&r, sizeof r);
	r = answer_to(q);
	r.n_items = 65535; /* this one is an answer, and nonsense */
	r.payload_len = 17;
	post(&r, sizeof r);
}

static void escapes(const struct ipc_record *q)
{
	struct ipc_record r = answer_to(q);

	record_set_text(&r, "\033]0;pwned\a\033[2J\tb\\\n\u202ec\303\251");
	post(&r, sizeof r);
}

static void say_words(void)
{
	struct ipc_record r;

	record_init(&r);
	r.result = RES_POOL;
	record_set_text(&r, "the moon is full\033[2J");
	post(&r, sizeof r);
}

static void flood(const struct ipc_record *q)
{
	for (;;)
		for (int i = 0; i < 1000; i++) {
			struct ipc_record r = answer_to(q);

			r.id += (uint64_t)i + 1000;
			if (send(control_fd, &r, sizeof r, MSG_NOSIGNAL) < 0)
				exit(4);
		}
}

static void obey(const char *word, const struct ipc_record *q)
{
	if (strcmp(word, "nonsense") == 0) {
		nonsense(q);
	} else if (strcmp(word, "other") == 0) {
		struct ipc_record r = *q;

		for (r.id = 0; r.id < q->id + 100; r.id++)
			if (r.id != q->id)
				good(&r);
	} else if (strcmp(word, "flood") == 0) {
		flood(q);
	} else if (strcmp(word, "escapes") == 0) {
		escapes(q);
	} else if (strcmp(word, "die") == 0) {
		raise(SIGKILL);
	} else if (strcmp(word, "twice") == 0) {
		good(q);
		good(q);
	}
}

static void read_word(const char *directory, char *word, size_t cap)
{
	char path[4096];
	FILE *f;

	snprintf(path, sizeof path, "%s/liar", directory);
	f = fopen(path, "r");
	if (!f || !fgets(word, (int)cap, f))
		exit(2);
	word[strcspn(word, "\n")] = '\0';
	fclose(f);
}

int main(int argc, char **argv)
{
	const char *control = getenv("CINIT_CONTROL_FD"), *ready = getenv("CINIT_READY_FD");
	struct ipc_record q;
	char word[32];

	if (argc < 2 || !control || !ready)
		return 2;
	control_fd = atoi(control);
	read_word(argv[1], word, sizeof word);
	if (strcmp(word, "late") == 0) {
		say_words();
		return 1;
	}
	if (write(atoi(ready), "\n", 1) != 1)
		return 3;
	if (strcmp(word, "close") == 0) {
		close(control_fd);
		for (;;)
			pause();
	}
	while (recv(control_fd, &q, sizeof q, 0) == (ssize_t)sizeof q) {
		if (strcmp(word, "words") == 0) {
			say_words();
			return 1;
		}
		obey(word, &q);
	}
	return 5;
}

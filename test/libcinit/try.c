/* try.c - uses libcinit as a program of somebody else would: it sees the installed
 * header and the library, nothing else of cinit.  A line for each thing found out.
 *
 *   try RUNDIR WORD [ARG...]          see words[] below */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

#include <cinit/client.h>

static struct cinit c;
static const char *rundir;

static void say(enum cinit_error error)
{
	printf("%s: %s\n", cinit_error_word(error), cinit_problem(&c));
}

static void must(enum cinit_error error)
{
	if (error == CINIT_OK)
		return;
	say(error);
	exit(1);
}

static uint64_t ask(struct cinit *of, enum cinit_verb verb, const char *name)
{
	const struct cinit_request q = {.verb = verb, .name = name, .goal = CINIT_GOAL_DOWN};
	uint64_t id = 0;

	must(cinit_ask(of, &q, &id));
	return id;
}

static void print_item(const struct cinit_item *item)
{
	char text[1100];

	cinit_item_text(item, CINIT_UTF8, text, sizeof text);
	printf("%s, flags %d\n", text, item->flags);
}

/* ---- simple calls ---- */

static void status(char **arg)
{
	struct cinit_item item;
	enum cinit_error error;

	must(cinit_connect(&c, rundir));
	error = cinit_status(&c, arg[0], &item);
	if (error == CINIT_OK)
		print_item(&item);
	else
		say(error);
}

static void command(char **arg)
{
	unsigned flags = (unsigned)atoi(arg[2]);

	must(cinit_connect(&c, rundir));
	say(cinit_command(&c, (enum cinit_verb)cinit_verb_of_word(arg[0]), *arg[1] ? arg[1] : NULL,
	                  flags, atoi(arg[3])));
}

static void await(char **arg)
{
	must(cinit_connect(&c, rundir));
	say(cinit_await(&c, *arg[0] ? arg[0] : NULL, (enum cinit_goal)atoi(arg[1]), atoi(arg[2])));
}

static void list(char **arg)
{
	struct cinit_item *items;
	size_t n;

	must(cinit_connect(&c, rundir));
	must(arg[0] ? cinit_dependents(&c, arg[0], &items, &n) : cinit_list(&c, &items, &n));
	for (size_t i = 0; i < n; i++)
		printf("%s%s", i ? " " : "", items[i].name);
	printf("\n");
	free(items);
}

static void connect_only(char **arg)
{
	(void)arg;
	say(cinit_connect(&c, *rundir ? rundir : NULL));
	printf("%s %s\n", cinit_method(), cinit_rundir(&c));
}

/* What makes no sense is said so, and does no harm. */
static void usage(char **arg)
{
	char longer[CINIT_NAME_MAX + 2];
	struct cinit_answer answer;
	struct cinit_item item;
	uint64_t id;

	(void)arg;
	memset(longer, 'x', sizeof longer - 1);
	longer[sizeof longer - 1] = '\0';
	memset(&c, 0, sizeof c);
	cinit_close(&c);
	say(cinit_status(&c, "a", &item));
	must(cinit_connect(&c, rundir));
	say(cinit_status(&c, NULL, &item));
	say(cinit_status(&c, "", &item));
	say(cinit_status(&c, longer, &item));
	say(cinit_command(&c, (enum cinit_verb)99, "a", 0, 0));
	say(cinit_command(&c, CINIT_START, "a", 0, -1));
	say(cinit_await(&c, "a", (enum cinit_goal)0, 0));
	say(cinit_wait(&c, &answer, 0));
	id = ask(&c, CINIT_STATUS, "a");
	must(cinit_wait(&c, &answer, 0));
	printf("%s\n", answer.id == id ? "and still answers" : "another id");
	cinit_close(&c);
	cinit_close(&c);
	say(cinit_wait(&c, &answer, 0));
}

/* ---- several at once ---- */

/* As many requests under way as may be, and one more; none is read before standard
 * input says so.  Each answer comes once, with its own item. */
static void many(char **arg)
{
	enum { n = CINIT_AT_ONCE };
	const struct cinit_request more = {.verb = CINIT_STATUS, .name = "s1"};
	static uint64_t ids[n];
	uint64_t id;
	size_t right = 0;
	char name[32];

	(void)arg;

	must(cinit_connect(&c, rundir));
	for (size_t i = 0; i < n; i++) {
		snprintf(name, sizeof name, "s%zu", i + 1);
		ids[i] = ask(&c, CINIT_STATUS, name);
	}
	say(cinit_ask(&c, &more, &id));
	fflush(stdout);
	(void)!getchar();
	for (size_t k = 0; k < n; k++) {
		struct cinit_answer answer;
		struct cinit_item item;

		must(cinit_wait(&c, &answer, cinit_now_ms() + 30000));
		for (size_t i = 0; i < n; i++) {
			snprintf(name, sizeof name, "s%zu", i + 1);
			if (ids[i] == answer.id && cinit_next_item(&answer, &item)
			    && strcmp(item.name, name) == 0) {
				right++;
				ids[i] = 0;
			}
		}
	}
	printf("%zu of %zu\n", right, (size_t)n);
}

/* Answers come as they are ready, not as they were asked. */
static void order(char **arg)
{
	struct cinit_answer answer;
	uint64_t slow, quick;

	must(cinit_connect(&c, rundir));
	slow = ask(&c, CINIT_WAIT, arg[0]);
	quick = ask(&c, CINIT_STATUS, arg[0]);
	must(cinit_wait(&c, &answer, cinit_now_ms() + 30000));
	printf("first: %s\n", answer.id == quick ? "quick" : "?");
	printf("then at once: ");
	say(cinit_wait(&c, &answer, 1));
	printf("and by a time: ");
	say(cinit_wait(&c, &answer, cinit_now_ms() + 50));
	fflush(stdout);
	must(cinit_wait(&c, &answer, 0));
	printf("last: %s\n", answer.id == slow ? "slow" : "?");
}

/* Two supervisors, and two connections to one. */
static void two(char **arg)
{
	static struct cinit other, third;
	struct cinit_answer a, b, d;
	struct cinit_item item;
	uint64_t id, id_other, id_third;

	must(cinit_connect(&c, rundir));
	must(cinit_connect(&other, arg[0]));
	must(cinit_connect(&third, rundir));
	id = ask(&c, CINIT_STATUS, arg[1]);
	id_other = ask(&other, CINIT_STATUS, arg[2]);
	id_third = ask(&third, CINIT_STATUS, arg[1]);
	must(cinit_wait(&third, &d, 0));
	must(cinit_wait(&other, &b, 0));
	must(cinit_wait(&c, &a, 0));
	printf("%s\n", a.id == id && b.id == id_other && d.id == id_third ? "ids right" : "ids wrong");
	printf("%s\n", cinit_next_item(&a, &item) ? item.name : "?");
	printf("%s\n", cinit_next_item(&b, &item) ? item.name : "?");
	cinit_close(&third);
	must(cinit_status(&other, arg[2], &item));
	must(cinit_status(&c, arg[1], &item));
	printf("%s\n", item.name);
}

static const char none[] = "";

/* Waits for what does not come, again and again. */
static void *waiter(void *name)
{
	const struct cinit_request q = {.verb = CINIT_WAIT, .name = name, .goal = CINIT_GOAL_DOWN};
	enum cinit_error error;
	struct cinit_answer answer;
	struct cinit mine;
	uint64_t id;

	if (cinit_connect(&mine, rundir) != CINIT_OK || cinit_ask(&mine, &q, &id) != CINIT_OK)
		return (void *)(uintptr_t)none;
	for (int i = 0; i < 10; i++) {
		int64_t until = cinit_now_ms() + 5 + 3 * i;

		error = cinit_wait(&mine, &answer, until);
		if (error != CINIT_TIMEOUT || cinit_now_ms() < until)
			return (void *)(uintptr_t)none;
	}
	cinit_close(&mine);
	return NULL;
}

static unsigned asks;

static void *client(void *name)
{
	struct cinit mine;
	struct cinit_item item;
	const char *right = name;

	if (cinit_connect(&mine, rundir) != CINIT_OK)
		return (void *)(uintptr_t)none;
	for (unsigned i = 0; i < asks; i++) {
		const struct cinit_request q = {.verb = CINIT_STATUS, .name = name};
		struct cinit_answer answer;

		if (cinit_call(&mine, &q, &answer) != CINIT_OK || !cinit_next_item(&answer, &item)
		    || strcmp(item.name, right) != 0)
			return (void *)(uintptr_t)none;
	}
	cinit_close(&mine);
	return NULL;
}

/* threads N ASKS NAME: each with a connection of its own (ASKS 0: that waits in vain);
 * then all is as before. */
static void threads(char **arg)
{
	static pthread_t t[100];
	unsigned n = (unsigned)atoi(arg[0]), wrong = 0;
	struct sigaction a;

	asks = (unsigned)atoi(arg[1]);
	for (unsigned i = 0; i < n; i++)
		if (pthread_create(&t[i], NULL, asks ? client : waiter, arg[2]) != 0)
			exit(2);
	for (unsigned i = 0; i < n; i++) {
		void *r;

		pthread_join(t[i], &r);
		wrong += r != NULL;
	}
	for (int sig = SIGRTMIN; sig <= SIGRTMAX; sig++)
		if (sigaction(sig, NULL, &a) == 0)
			wrong += a.sa_handler != SIG_DFL;
	printf("%u wrong\n", wrong);
}

/* ---- the process around it ---- */

static volatile sig_atomic_t ticks;

static void tick(int sig)
{
	(void)sig;
	ticks++;
}

static void handle(int sig, int flags)
{
	struct sigaction a;

	memset(&a, 0, sizeof a);
	a.sa_handler = tick;
	a.sa_flags = flags;
	sigaction(sig, &a, NULL);
}

enum { SIGNALS = 65 };

static void take_dispositions(void (*of[SIGNALS])(int))
{
	struct sigaction a;

	of[0] = SIG_DFL;
	for (int sig = 1; sig < SIGNALS; sig++)
		of[sig] = sigaction(sig, NULL, &a) == 0 ? a.sa_handler : SIG_ERR;
}

/* signals plain|blocked|taken|refused NAME: a wait that is not answered ends in time,
 * and the program's timer, signals and mask are its own, during and after.  Only the
 * first has a timer that ticks: a signal with a handler ends a system call, too. */
static void signals(char **arg)
{
	struct itimerval timer = {{0, 20000}, {0, 20000}}, now_set;
	void (*before[SIGNALS])(int), (*after[SIGNALS])(int);
	const struct rlimit none = {0, 0};
	sigset_t mask, now;
	struct cinit_answer answer;
	int64_t began;
	enum cinit_error error;

	sigemptyset(&mask);
	if (strcmp(arg[0], "blocked") == 0) {
		sigfillset(&mask);
		sigdelset(&mask, SIGALRM);
	}
	if (strcmp(arg[0], "taken") == 0)
		for (int sig = SIGRTMIN; sig <= SIGRTMAX; sig++)
			handle(sig, 0);
	if (strcmp(arg[0], "refused") == 0)
		setrlimit(RLIMIT_SIGPENDING, &none);
	handle(SIGALRM, 0);
	pthread_sigmask(SIG_SETMASK, &mask, &now);
	must(cinit_connect(&c, rundir));
	ask(&c, CINIT_WAIT, arg[1]);
	if (strcmp(arg[0], "plain") != 0)
		memset(&timer, 0, sizeof timer);
	setitimer(ITIMER_REAL, &timer, NULL);
	take_dispositions(before);
	pthread_sigmask(SIG_SETMASK, NULL, &mask);
	began = cinit_now_ms();
	error = cinit_wait(&c, &answer, began + 400);
	printf("%s, %s\n", cinit_error_word(error), cinit_now_ms() - began >= 400 ? "in time" : "too early");
	take_dispositions(after);
	pthread_sigmask(SIG_SETMASK, NULL, &now);
	printf("ticks: %s\n", ticks >= 3 ? "all the time" : "no");
	printf("signals: %s\n", memcmp(before, after, sizeof before) == 0 ? "as before" : "changed");
	for (int sig = 1; sig < SIGNALS; sig++)
		if (sigismember(&mask, sig) != sigismember(&now, sig))
			printf("mask of %d changed\n", sig);
	getitimer(ITIMER_REAL, &now_set);
	printf("timer: %s\n", now_set.it_interval.tv_usec == timer.it_interval.tv_usec ? "as before" : "changed");
}

/* Asks once more when standard input says that the supervisor is gone. */
static void gone(char **arg)
{
	const struct cinit_request q = {.verb = CINIT_STOP, .name = arg[0]};
	struct cinit_answer answer;
	enum cinit_error error;
	sigset_t pending;

	must(cinit_connect(&c, rundir));
	puts("connected");
	fflush(stdout);
	(void)!getchar();
	error = cinit_call(&c, &q, &answer);
	printf("%s\n", cinit_error_word(error));
	sigpending(&pending);
	printf("SIGPIPE %s\n", sigismember(&pending, SIGPIPE) ? "is pending" : "never was");
}

/* One that was pending before stays so. */
static void pending(char **arg)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGPIPE);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	pthread_kill(pthread_self(), SIGPIPE);
	gone(arg);
}

/* ---- a supervisor that knows more ---- */

static void newer(char **arg)
{
	struct cinit_answer answer;
	struct cinit_item item;
	char text[1100];

	must(cinit_connect(&c, rundir));
	ask(&c, CINIT_STOP, arg[0]);
	must(cinit_wait(&c, &answer, cinit_now_ms() + 30000));
	printf("result %u: %s\n", (unsigned)answer.result, cinit_result_word(answer.result));
	while (cinit_next_item(&answer, &item)) {
		printf("state %u: %s\n", (unsigned)item.state, cinit_state_word(item.state));
		cinit_end_text(&item.last, text, sizeof text);
		printf("end [%s] step %s\n", text, cinit_step_word(item.last.step));
		print_item(&item);
	}
	cinit_answer_text(&answer, arg[0], CINIT_ASCII, text, sizeof text);
	printf("text [%s]\n", text);
	cinit_answer_text(&answer, arg[0], CINIT_ASCII, text, 5);
	printf("cut [%s]\n", text);
	printf("words %s %s %s\n", cinit_verb_word(4711), cinit_error_word(4711), cinit_step_word(4711));
}

static void other_version(char **arg)
{
	struct cinit_item item;

	must(cinit_connect(&c, rundir));
	say(cinit_status(&c, arg[0], &item));
}

/* ---- allocations, counted by the linker's --wrap ---- */

void *__real_malloc(size_t n);
void *__wrap_malloc(size_t n);

static unsigned allocations;

void *__wrap_malloc(size_t n)
{
	allocations++;
	return __real_malloc(n);
}

static void memory(char **arg)
{
	struct cinit_item item;
	enum cinit_error error;
	unsigned counted;

	error = cinit_connect(&c, rundir);
	if (error == CINIT_OK)
		error = cinit_status(&c, arg[0], &item);
	cinit_close(&c);
	counted = allocations;
	printf("%s, %u allocations\n", cinit_error_word(error), counted);
	for (volatile unsigned n = 1; n; n--)
		free(malloc(n));
	printf("%s\n", allocations == counted + 1 ? "counted" : "not counted");
}

static const struct word {
	const char *word;
	int args;
	void (*run)(char **arg);
} words[] = {
	{"connect", 0, connect_only}, {"status", 1, status}, {"command", 4, command},
	{"await", 3, await}, {"list", 0, list}, {"usage", 0, usage}, {"many", 0, many},
	{"order", 1, order}, {"two", 3, two}, {"threads", 3, threads}, {"signals", 2, signals},
	{"gone", 1, gone}, {"pending", 1, pending}, {"newer", 1, newer},
	{"other-version", 1, other_version}, {"memory", 1, memory},
};

int main(int argc, char **argv)
{
	rundir = argc > 2 ? argv[1] : "";
	for (size_t i = 0; argc > 2 && i < sizeof words / sizeof *words; i++)
		if (strcmp(argv[2], words[i].word) == 0 && argc - 3 >= words[i].args) {
			words[i].run(argv + 3);
			return 0;
		}
	return 2;
}

/* end.c - the ways to a system's end: the supervisor, a signal, the kernel. */
#include "client/end.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/reboot.h>
#include <unistd.h>

#include "client/ask.h"
#include "ipc/text.h"

#define KEXEC_COMMAND 0x45584543u /* LINUX_REBOOT_CMD_KEXEC, reboot(2) */

/* The numbers that cinit and systemd understand alike. */
static int signal_of(enum cinit_verb verb)
{
	return verb == CINIT_HALT ? 37 : verb == CINIT_REBOOT ? 39 : 38;
}

static bool kernel_is_loaded(void)
{
	char is = '0';
	int fd = open("/sys/kernel/kexec_loaded", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return false;
	if (read(fd, &is, 1) != 1)
		is = '0';
	close(fd);
	return is == '1';
}

static int code_of_errno(const char *where, const char *what)
{
	complain(where, what, strerror(errno));
	return errno == EPERM ? CODE_DENIED : CODE_FAILED;
}

static int by_kernel(const struct end_request *q)
{
	unsigned command = q->kexec ? KEXEC_COMMAND : q->verb == CINIT_HALT ? (unsigned)RB_HALT_SYSTEM
	                   : q->verb == CINIT_REBOOT ? (unsigned)RB_AUTOBOOT : (unsigned)RB_POWER_OFF;

	if (geteuid() != 0) {
		errno = EPERM;
		return code_of_errno("reboot", "");
	}
	if (!q->no_sync)
		sync();
	reboot((int)command);
	return code_of_errno("reboot", "");
}

static int by_signal(const struct end_request *q)
{
	if (kill(1, signal_of(q->verb)) == 0)
		return CODE_DONE;
	complain("pid 1", "signal", strerror(errno));
	return errno == EPERM ? CODE_DENIED : CODE_NO_ANSWER;
}

/* Where it had been asked for before, the answer says what is awaited, and for how long. */
static enum code tell(struct cinit_answer *a, const struct end_request *q)
{
	enum code code = code_of(a->result);
	struct cinit_item item;
	char line[LINE_CAP];
	struct text t;

	if (code != CODE_DONE) {
		cinit_answer_text(a, q->root, ask_charset, line, sizeof line);
		complain_line(line);
	} else if (cinit_next_item(a, &item)) {
		text_init(&t, line, sizeof line);
		text_str(&t, "waiting: ");
		cinit_item_text(&item, ask_charset, line + t.len, sizeof line - t.len);
		complain_line(line);
	}
	return code;
}

/* -1: nobody is there to be asked, and that is no reason to end. */
static int by_supervisor(const struct end_request *q)
{
	struct cinit_answer answer;
	struct cinit c;
	enum cinit_error error = cinit_connect(&c, q->rundir);
	bool absent = error != CINIT_OK;
	bool quiet = absent && !q->rundir && q->verb != CINIT_SWITCH && error != CINIT_USAGE
	             && error != CINIT_OTHER_METHOD;
	const struct cinit_request request = {
		.verb = q->verb, .name = q->root,
		.flags = CINIT_LAST | (q->force ? CINIT_FORCE : 0u) | (q->kexec ? CINIT_KEXEC : 0u)};
	enum code code = CODE_DONE;

	if (!absent)
		error = cinit_call(&c, &request, &answer);
	if (error == CINIT_OK)
		code = tell(&answer, q);
	else if (!quiet)
		code = complain_error(&c, error);
	cinit_leave(&c);
	if (!absent || q->rundir || q->verb == CINIT_SWITCH || error == CINIT_USAGE)
		return (int)code;
	return -1;
}

int end_system(const struct end_request *asked)
{
	struct end_request q = *asked;
	int code;

	if (q.kexec && !kernel_is_loaded()) {
		complain("kexec", "", "no kernel is loaded, the firmware starts one");
		q.kexec = false;
	}
	if (q.force > 1)
		return by_kernel(&q);
	code = by_supervisor(&q);
	if (code >= 0)
		return code;
	return q.force ? by_kernel(&q) : by_signal(&q);
}

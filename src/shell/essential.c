/* essential.c - begins the shutdown that an essential service calls for.
 *
 * That is an event like any other, given to the engine together with the end
 * that caused it: nothing is restarted in between. */
#include "src/shell/essential.h"

#include <string.h>

#include "ipc/describe.h"
#include "src/tree/essential.h"
#include "src/shell/console.h"
#include "src/shell/ending.h"
#include "src/shell/services.h"

static struct text *say_begin_about(uint32_t svc, const char *what)
{
	const char *name = config_name(shell.config, svc);
	struct text *t = say_begin();

	text_name(t, name, strlen(name), true);
	text_str(t, ": ");
	text_str(t, what);
	return t;
}

static void say_code(struct text *t, int code)
{
	text_str(t, "; the exit code will be ");
	text_i64(t, code);
	say_end();
}

static void look_whether_lost(uint32_t svc)
{
	struct ipc_item item;
	struct text *t;

	if (shell.mode == MODE_MACHINE || ending_has_begun() || !essential_is_lost(shell.config, shell.engine, svc))
		return;
	services_item(svc, &item);
	t = say_begin_about(svc, "essential, and ");
	text_str(t, state_word(item.state));
	text_str(t, ": ");
	describe_why(t, &item, shell.now_ms, true);
	say_code(t, ESSENTIAL_LOST_CODE);
	ending_begin_with(ESSENTIAL_LOST_CODE);
}

void essential_booted(void)
{
	for (uint32_t i = 0; i < shell.config->n; i++) {
		if (shell.mode == MODE_MACHINE && config_value(shell.config, i, ENTRY_ESSENTIAL))
			say(config_name(shell.config, i), "essential",
			    "ignored on a machine, which ends only when told to");
		look_whether_lost(i);
	}
}

void essential_changed(uint32_t svc)
{
	look_whether_lost(svc);
}

void essential_ended(const struct event *ended)
{
	struct text *t;
	int code;

	if (shell.mode == MODE_MACHINE || ending_has_begun())
		return;
	code = essential_code(shell.config, shell.engine, ended);
	if (code < 0)
		return;
	t = say_begin_about(ended->svc, "essential, and has ended: ");
	describe_end(t, &ended->end);
	say_code(t, code);
	ending_begin_with(code);
}

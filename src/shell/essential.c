/* essential.c - carries out that an essential service ends everything.  Which end does,
 * and with what code, the engine has judged: nothing is restarted in between. */
#include "src/shell/essential.h"

#include <string.h>

#include "ipc/describe.h"
#include "src/shell/console.h"
#include "src/shell/life.h"
#include "src/shell/services.h"

/* "job: essential, and has ended: exit 3; the exit code will be 3" */
static void say_why(const struct action *a)
{
	struct ipc_item item;
	struct text *t;

	services_item(a->svc, &item);
	t = say_begin();
	text_name(t, item.name, item.name_len, true);
	text_str(t, ": essential, and ");
	text_str(t, a->lost ? state_word(item.state) : "has ended");
	text_str(t, ": ");
	if (a->lost)
		describe_why(t, &item, shell.now_ms, true);
	else
		describe_end(t, &item.end);
	text_str(t, "; the exit code will be ");
	text_i64(t, a->code);
	say_end();
}

void essential_act(const struct action *a)
{
	say_why(a);
	life_tell(&(struct life_event){.kind = LIFE_EV_ESSENTIAL, .code = a->code});
}

void essential_booted(void)
{
	for (uint32_t i = 0; shell.mode == MODE_MACHINE && i < shell.config->n; i++)
		if (config_node(shell.config, i)->essential)
			say(config_name(shell.config, i), "essential",
			    "ignored on a machine, which ends only when told to");
}

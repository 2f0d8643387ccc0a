/* machine.c - which function does what of a machine's duties. */
#include "src/machine/machine.h"

#include "src/machine/final.h"
#include "src/machine/settings.h"
#include "src/machine/switch.h"
#include "src/machine/unmount.h"
#include "src/machine/watchdog.h"

static void settings(const struct config *c)
{
	machine_settings(c);
	watchdog_settings(c);
}

const struct machine machine_duties = {
	.settings = settings,
	.service_up = watchdog_try,
	.deadline = watchdog_deadline,
	.turn = watchdog_turn,
	.may_switch = switch_prepare,
	.switch_root = switch_go,
	.unmount = unmount_all,
	.end = machine_final,
};

/* final.c - reboot(2), in all its forms. */
#include "src/machine/final.h"

#include <errno.h>
#include <sys/reboot.h>
#include <unistd.h>

#include "src/machine/watchdog.h"
#include "src/shell/console.h"

#define KEXEC_COMMAND 0x45584543u /* LINUX_REBOOT_CMD_KEXEC, reboot(2) */

void machine_final(enum ending how)
{
	int command = (int)(how == END_HALT ? RB_HALT_SYSTEM
	                    : how == END_REBOOT || how == END_KEXEC ? RB_AUTOBOOT : RB_POWER_OFF);

	watchdog_end(how == END_HALT);
	if (how == END_KEXEC) {
		reboot((int)KEXEC_COMMAND);
		say_errno("kexec", "", errno);
		console_flush();
	}
	reboot(command);
	say_errno("reboot", "", errno);
	console_flush();
	for (;;) /* PID 1 of a machine never exits */
		pause();
}

/* final.c - reboot(2), in all its forms. */
#include "src/machine/final.h"

#include <errno.h>
#include <sys/reboot.h>
#include <unistd.h>

#include "src/machine/watchdog.h"
#include "src/shell/console.h"

#define KEXEC_COMMAND 0x45584543u /* LINUX_REBOOT_CMD_KEXEC, reboot(2) */

void machine_final(enum shutdown how)
{
	int command = (int)(how == SHUTDOWN_HALT ? RB_HALT_SYSTEM
	                    : how == SHUTDOWN_REBOOT || how == SHUTDOWN_KEXEC ? RB_AUTOBOOT : RB_POWER_OFF);

	watchdog_end(how == SHUTDOWN_HALT);
	if (how == SHUTDOWN_KEXEC) {
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

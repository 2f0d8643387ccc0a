/* watchdog.c - the interface of the kernel's watchdog-api.rst. */
#include "src/machine/watchdog.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "ipc/text.h"
#include "src/limits.h"
#include "src/machine/begin.h"
#include "src/shell/console.h"
#include "src/shell/shell.h"

static int fd = -1;

/* <linux/watchdog.h>, which musl has not */
#define WDIOC_KEEPALIVE  _IOR('W', 5, int)
#define WDIOC_SETTIMEOUT _IOWR('W', 6, int)

/* libcs do not agree on the type of a command. */
static long control(unsigned long command, int *value)
{
	return syscall(SYS_ioctl, fd, command, value);
}

static int timeout_s;
static char device[CONFIG_VALUE_MAX + 1];
static int64_t feed_ms = NEVER;
static int said_errno; /* not again */

/* Devices have limits of their own; the kernel tells what it made of a wish. */
static void set_timeout(int seconds)
{
	timeout_s = seconds;
	if (control(WDIOC_SETTIMEOUT, &timeout_s) < 0) {
		say_errno(device, "its time cannot be set", errno);
		timeout_s = seconds;
	}
}

static void feed(void)
{
	control(WDIOC_KEEPALIVE, NULL);
	feed_ms = shell.now_ms + (int64_t)timeout_s * 1000 / WATCHDOG_FEEDS;
}

/* 'V' disarms it, where the kernel lets anybody. */
static void disarm(void)
{
	if (fd < 0)
		return;
	if (write(fd, "V", 1) != 1)
		say_errno(device, "cannot be disarmed", errno);
	close(fd);
	fd = -1;
	feed_ms = NEVER;
}

void watchdog_settings(const struct config *c)
{
	const char *seconds = config_word(c, NO_SVC, CONF_WATCHDOG);
	const char *path = seconds ? string_after(seconds) : "";
	uint64_t wanted_s = 0;

	if (!machine_owns_kernel())
		return;
	if (seconds) /* the loader has its bounds */
		parse_u64(seconds, strlen(seconds), WATCHDOG_MAX_S, &wanted_s);
	if (strcmp(path, device) != 0 || !wanted_s)
		disarm();
	said_errno = 0;
	timeout_s = (int)wanted_s;
	memcpy(device, path, strlen(path) + 1); /* the loader has its bound */
	if (fd >= 0) {
		set_timeout(timeout_s);
		feed();
	} else {
		watchdog_try();
	}
}

void watchdog_try(void)
{
	if (fd >= 0 || !timeout_s)
		return;
	fd = open(device, O_WRONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0) {
		if (errno != said_errno)
			say_errno("conf/watchdog", device, errno);
		said_errno = errno;
		return;
	}
	set_timeout(timeout_s);
	feed();
	say(device, "", "armed");
}

int64_t watchdog_deadline(void)
{
	return feed_ms;
}

void watchdog_turn(void)
{
	if (feed_ms <= shell.now_ms)
		feed();
}

void watchdog_leave(void)
{
	if (fd < 0)
		return;
	if (timeout_s < WATCHDOG_END_S)
		set_timeout(WATCHDOG_END_S);
	feed();
}

void watchdog_hand_over(void)
{
	disarm();
}

void watchdog_end(bool halt)
{
	if (halt)
		disarm();
	watchdog_leave();
}

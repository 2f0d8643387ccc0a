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

static struct watchdog *const dog = &shell.watchdog;

/* <linux/watchdog.h>, which musl has not */
#define WDIOC_KEEPALIVE  _IOR('W', 5, int)
#define WDIOC_SETTIMEOUT _IOWR('W', 6, int)

/* libcs do not agree on the type of a command. */
static long control(unsigned long command, int *value)
{
	return syscall(SYS_ioctl, dog->fd, command, value);
}

/* Devices have limits of their own; the kernel tells what it made of a wish. */
static void set_timeout(int seconds)
{
	dog->timeout_s = seconds;
	if (control(WDIOC_SETTIMEOUT, &dog->timeout_s) < 0) {
		say_errno(dog->device, "its time cannot be set", errno);
		dog->timeout_s = seconds;
	}
}

static void feed(void)
{
	control(WDIOC_KEEPALIVE, NULL);
	dog->feed_ms = shell.now_ms + (int64_t)dog->timeout_s * 1000 / WATCHDOG_FEEDS;
}

/* 'V' disarms it, where the kernel lets anybody. */
static void disarm(void)
{
	if (dog->fd < 0)
		return;
	if (write(dog->fd, "V", 1) != 1)
		say_errno(dog->device, "cannot be disarmed", errno);
	close(dog->fd);
	dog->fd = -1;
	dog->feed_ms = NEVER;
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
	if (strcmp(path, dog->device) != 0 || !wanted_s)
		disarm();
	dog->said_errno = 0;
	dog->timeout_s = (int)wanted_s;
	memcpy(dog->device, path, strlen(path) + 1); /* the loader has its bound */
	if (dog->fd >= 0) {
		set_timeout(dog->timeout_s);
		feed();
	} else {
		watchdog_try();
	}
}

void watchdog_try(void)
{
	if (dog->fd >= 0 || !dog->timeout_s)
		return;
	dog->fd = open(dog->device, O_WRONLY | O_CLOEXEC | O_NONBLOCK);
	if (dog->fd < 0) {
		if (errno != dog->said_errno)
			say_errno("conf/watchdog", dog->device, errno);
		dog->said_errno = errno;
		return;
	}
	set_timeout(dog->timeout_s);
	feed();
	say(dog->device, "", "armed");
}

int64_t watchdog_deadline(void)
{
	return dog->feed_ms;
}

void watchdog_turn(void)
{
	if (dog->feed_ms <= shell.now_ms)
		feed();
}

void watchdog_leave(void)
{
	if (dog->fd < 0)
		return;
	if (dog->timeout_s < WATCHDOG_END_S)
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

/* watch.c - one epoll. */
#include "src/pool/watch.h"

#include <unistd.h>

static int epoll_fd = -1;

int watch_init(void)
{
	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	return epoll_fd < 0 ? -1 : 0;
}

static int control(int op, int fd, uint32_t events, enum watch_source source, uint32_t index)
{
	struct epoll_event ev = {.events = events, .data.u64 = (uint64_t)source << 32 | index};

	return epoll_ctl(epoll_fd, op, fd, &ev);
}

int watch_add(int fd, enum watch_source source, uint32_t index)
{
	return control(EPOLL_CTL_ADD, fd, EPOLLIN, source, index);
}

int watch_add_once(int fd, enum watch_source source, uint32_t index)
{
	return control(EPOLL_CTL_ADD, fd, EPOLLIN | EPOLLONESHOT, source, index);
}

int watch_again(int fd, enum watch_source source, uint32_t index)
{
	return control(EPOLL_CTL_MOD, fd, EPOLLIN | EPOLLONESHOT, source, index);
}

void watch_remove(int fd)
{
	epoll_ctl(epoll_fd, EPOLL_CTL_DEL, fd, NULL); /* some were never added */
}

int watch_wait(struct epoll_event *events, int n, int timeout_ms)
{
	return epoll_wait(epoll_fd, events, n, timeout_ms);
}

enum watch_source watch_source(const struct epoll_event *event)
{
	return (enum watch_source)(event->data.u64 >> 32);
}

uint32_t watch_index(const struct epoll_event *event)
{
	return (uint32_t)event->data.u64;
}

void watch_close_in_child(void)
{
	if (epoll_fd >= 0)
		close(epoll_fd);
	epoll_fd = -1;
}

/* watch.h - what the manager's loop listens to: descriptors, each with its source.
 *
 * What follows when one is readable is manager.c's; no descriptor is opened or closed for
 * others here.
 */
#ifndef CINIT_POOL_WATCH_H
#define CINIT_POOL_WATCH_H

#include <stdint.h>
#include <sys/epoll.h>

enum watch_source {
	WATCH_START,     /* index: row; a new worker says how far it is */
	WATCH_EXTRA,     /* index: of the extra process; likewise */
	WATCH_REPORT,    /* index: row; dispatch: a worker says that it is done */
	WATCH_REPORTS,   /* share: some worker says something */
	WATCH_SIGNALS,
	WATCH_CALL,      /* index: of the call; its answer */
	WATCH_CONTROL,
	WATCH_LISTENER   /* index: of the listening socket */
};

/* 0, or -1 with errno. */
int watch_init(void);
/* Readable from now on: once (until watch_again()) or for as long as it is. */
int watch_add(int fd, enum watch_source source, uint32_t index);
int watch_add_once(int fd, enum watch_source source, uint32_t index);
int watch_again(int fd, enum watch_source source, uint32_t index);
/* Before it is closed: a process that was forked may still hold a copy. */
void watch_remove(int fd);

/* As epoll_wait(2). */
int watch_wait(struct epoll_event *events, int n, int timeout_ms);
enum watch_source watch_source(const struct epoll_event *event);
uint32_t watch_index(const struct epoll_event *event);

/* In a child that executes nothing. */
void watch_close_in_child(void);

#endif

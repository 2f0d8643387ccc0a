/* board.h - keeps the status board of an IPC method up to date, where there is
 * one (ipc/board.h); costs nothing where there is none. */
#ifndef CINIT_SHELL_BOARD_H
#define CINIT_SHELL_BOARD_H

#include <stdint.h>

/* Something about this service has changed; NO_SVC: nothing has. */
void board_mark(uint32_t svc);
/* A command may have changed the wishes of any. */
void board_mark_wishes(void);
/* The services are others. */
void board_mark_all(void);

/* Publishes what was marked. */
void board_publish(void);

#endif

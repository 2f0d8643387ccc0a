/* board.h - the status board: what a method may publish of all services, for
 * clients that read without asking.
 *
 * A method that has one sets ipc_board when its endpoint is there; in all others it
 * stays NULL and costs nothing.  How a client reads it: ipc_board_item() of client.h.
 * The supervisor writes changed rows once per turn, and before it answers
 * anybody; row i is service i of the list.  What the board cannot tell for sure,
 * a reader is told to ask for.
 */
#ifndef CINIT_IPC_BOARD_H
#define CINIT_IPC_BOARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ipc/record.h"

#define IPC_BOARD_ROWS 1024  /* services on a board; with more, lists are asked for */

/* Server: begin(), any put()s, end(). */
struct ipc_board {
	bool blank;  /* it was made anew: everything is to be published */
	/* n: services that there are; changed: rows put as passing say nothing
	 * any more until they are put again. */
	void (*begin)(uint32_t n, bool changed);
	/* passing: what the item says of other services may change without it */
	void (*put)(uint32_t row, const struct ipc_item *item, bool passing);
	void (*end)(void);
};

extern struct ipc_board *ipc_board;

#endif

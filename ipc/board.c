/* board.c - no board, unless the method says otherwise. */
#include "ipc/board.h"

#include "ipc/client.h"

struct ipc_board *ipc_board;
const struct ipc_board_reader *ipc_board_reader;

int ipc_board_item(const char *name, size_t n, struct ipc_item *item)
{
	return ipc_board_reader ? ipc_board_reader->item(name, n, item) : -1;
}

int ipc_board_items(struct ipc_item **items, size_t *n)
{
	return ipc_board_reader ? ipc_board_reader->items(items, n) : -1;
}

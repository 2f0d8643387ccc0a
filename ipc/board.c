/* board.c - no board, unless the method says otherwise. */
#include "ipc/board.h"

#include <stddef.h>

struct ipc_board *ipc_board;

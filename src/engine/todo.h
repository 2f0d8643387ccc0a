/* todo.h - inside the engine: the actions of one service that wait to be handed out, in
 * this order. */
#ifndef CINIT_ENGINE_TODO_H
#define CINIT_ENGINE_TODO_H

enum todo {
	TODO_CHANGED = 1,
	TODO_SPAWN = 2,
	TODO_SPAWN_OFF = 4,
	TODO_TERM = 8,
	TODO_KILL = 16,
	TODO_KILL_OFF = 32,
	TODO_STUCK = 64,
	TODO_GIVE_UP = 128
};

#endif

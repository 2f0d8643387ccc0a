/* trace.h - says what goes in and what comes out, one line each. */
#ifndef TEST_ENGINE_TRACE_H
#define TEST_ENGINE_TRACE_H

#include "test/engine/lib/world.h"

void trace_event(const struct world *w, const struct event *ev);
void trace_action(const struct world *w, const struct action *act);

#endif

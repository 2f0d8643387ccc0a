/* trace.h - says what goes in and what comes out, one line each. */
#ifndef TEST_POOL_TRACE_H
#define TEST_POOL_TRACE_H

#include "test/pool/lib/world.h"

extern const char *const trace_events[], *const trace_actions[], *const trace_states[];

void trace_event(const struct world *w, const struct pool_event *ev);
void trace_action(const struct world *w, const struct pool_action *act);

#endif

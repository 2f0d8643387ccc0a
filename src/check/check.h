/* check.h - inside cinit.check: what its views share. */
#ifndef CINIT_CHECK_CHECK_H
#define CINIT_CHECK_CHECK_H

#include "ipc/text.h"
#include "src/config/config.h"

/* Prints the resolved graph as JSON. */
void check_graph(struct text *out, const struct config *c);

#endif

/* wall.h - tells everybody who is logged in. */
#ifndef CINIT_CLIENT_WALL_H
#define CINIT_CLIENT_WALL_H

/* Writes the line to each terminal that some process has as its own, as far as
 * proc(5) shows them and as far as that goes without waiting. */
void wall(const char *line);

#endif

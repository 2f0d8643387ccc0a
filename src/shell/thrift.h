/* thrift.h - gives back memory of code that only a start, a load or an end needs.
 *
 * Only pages that the kernel can read again from the program's file: nothing that was ever
 * written, so what is dropped is never lost.
 */
#ifndef CINIT_SHELL_THRIFT_H
#define CINIT_SHELL_THRIFT_H

/* Lets go of code that is not needed while nothing is loaded or ended, and that
 * comes back by itself when it is.  Never fails, and costs a few microseconds. */
void thrift_supervisor(void);
/* The same around a single program, which needs still less. */
void thrift_single(void);

#endif

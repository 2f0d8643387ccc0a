/* thrift.h - memory that only the start of a single program needed. */
#ifndef CINIT_SINGLE_THRIFT_H
#define CINIT_SINGLE_THRIFT_H

/* Lets go of our own code; what is still needed comes back by itself. */
void thrift_forget_code(void);

#endif

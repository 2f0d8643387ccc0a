/* ask.h - the record that the bare client and the bare server exchange. */
#ifndef BENCH_ASK_H
#define BENCH_ASK_H

#define ASK_RECORD 1024 /* bytes: the largest record that a request may be */

#endif

/* shape.h - records that are nearly right: requests of every verb about services
 * that there are and are not, of which a part has something wrong with it. */
#ifndef FUZZ_SHAPE_H
#define FUZZ_SHAPE_H

#include "ipc/record.h"
#include "test/fuzz/choice.h"

#define SHAPE_RECENT 64  /* ids that may be repeated */

struct shape {
	const char *const *names;
	unsigned n_names;
	bool harmless;      /* nothing that ends the system can be valid */
	bool well_formed;   /* no record is broken, whatever it asks */
	int64_t brief_ms;   /* longest that one is valid, so that it is soon forgotten; 0: any */
	uint64_t recent[SHAPE_RECENT];
	unsigned n_recent;  /* ids given so far */
};

/* A request at this time (boot time); `n` is how many bytes of it are sent, which
 * are those of one record but for few: more than a record has is possible. */
void shape_request(struct choice *s, struct shape *g, int64_t now, struct ipc_record *r, size_t *n);

/* A pool and workers as an honest manager tells of them, with any numbers. */
void shape_workers(struct choice *s, struct ipc_record *r);

/* An answer as a supervisor may send it that is not one, or has gone mad. */
void shape_answer(struct choice *s, const struct shape *g, struct ipc_record *r, size_t *n);

#endif

/* vec.h - memory that grows while a tree is loaded.
 *
 * Straight from the kernel and back to it, so that a load leaves nothing
 * behind in the supervisor's heap.  Elements may move when the vector grows:
 * keep indices, not pointers.
 */
#ifndef CINIT_TREE_VEC_H
#define CINIT_TREE_VEC_H

#include <stddef.h>

struct vec {
	char *at;
	size_t len, cap; /* bytes */
	size_t max;      /* vec_add() refuses to pass this */
};

/* Room for n more bytes at the end, zeroed and counted in; NULL with errno
 * (ENOMEM, or EFBIG past max). */
void *vec_add(struct vec *v, size_t n);
/* The n bytes that are added next must not be lost: they may pass max, up to
 * CONFIG_BYTES_LAST in all. */
void vec_admit(struct vec *v, size_t n);
void vec_free(struct vec *v);

#endif

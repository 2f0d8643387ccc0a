/* vec.c - growing memory from mmap. */
#include "src/tree/vec.h"

#include <errno.h>
#include <sys/mman.h>

#include "src/limits.h"

#define VEC_FIRST 65536 /* bytes of address space; only what is used is touched */

static int grow(struct vec *v, size_t need)
{
	size_t cap = v->cap ? v->cap : VEC_FIRST;
	void *at;

	while (cap < need)
		cap *= 2;
	if (v->cap)
		at = mremap(v->at, v->cap, cap, MREMAP_MAYMOVE);
	else
		at = mmap(NULL, cap, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (at == MAP_FAILED)
		return -1;
	v->at = at;
	v->cap = cap;
	return 0;
}

void *vec_add(struct vec *v, size_t n)
{
	void *at;

	if (n > v->max || v->len > v->max - n) {
		errno = EFBIG;
		return NULL;
	}
	if ((!v->cap || v->len + n > v->cap) && grow(v, v->len + n) < 0)
		return NULL;
	at = v->at + v->len;
	v->len += n;
	return at;
}

void vec_admit(struct vec *v, size_t n)
{
	if (v->len + n > v->max && v->len + n <= CONFIG_BYTES_LAST)
		v->max = v->len + n;
}

void vec_free(struct vec *v)
{
	if (v->cap)
		munmap(v->at, v->cap);
	v->at = NULL;
	v->len = v->cap = 0;
}

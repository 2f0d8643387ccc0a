/* thrift.c - gives back pages of code.
 *
 * The kernel maps what a program touches with all that lies in the same 64 KiB.
 * The Makefile puts what a single program needs, libc included, into the first
 * of them; after the start, this lets go of the others. */
#include "src/single/thrift.h"

#include <elf.h>
#include <link.h>
#include <stdint.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <unistd.h>

/* A segment that is never written is the same when it is read again. */
static void forget(uintptr_t start, size_t bytes, uintptr_t page)
{
	uintptr_t from = start & ~(page - 1), to = (start + bytes + page - 1) & ~(page - 1);

	madvise((void *)from, to - from, MADV_DONTNEED);
}

void thrift_forget_code(void)
{
	const ElfW(Phdr) *header = (const ElfW(Phdr) *)getauxval(AT_PHDR);
	unsigned long n = getauxval(AT_PHNUM);
	uintptr_t base = 0, page = (uintptr_t)sysconf(_SC_PAGESIZE);

	for (unsigned long i = 0; header && i < n; i++)
		if (header[i].p_type == PT_PHDR)
			base = (uintptr_t)header - header[i].p_vaddr;
	for (unsigned long i = 0; header && i < n; i++)
		if (header[i].p_type == PT_LOAD && !(header[i].p_flags & PF_W))
			forget(base + header[i].p_vaddr, header[i].p_memsz, page);
}

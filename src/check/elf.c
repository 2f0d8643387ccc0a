/* elf.c - reads as much of an ELF file as exec does to find its interpreter.
 * Nothing in the file is believed: every size is bounded before it is used.
 * The format: elf(5). */
#include <elf.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "src/check/check.h"

#define HEADERS_MAX 1024 /* program headers; exec takes 64 KiB of them */

union header {
	unsigned char ident[EI_NIDENT];
	Elf32_Ehdr small;
	Elf64_Ehdr large;
};

/* Where the program headers are. */
struct table {
	bool wide; /* 64 bits */
	uint64_t at;
	unsigned n;
};

static bool read_at(int fd, void *buf, size_t n, uint64_t at)
{
	return at <= INT64_MAX && pread(fd, buf, n, (off_t)at) == (ssize_t)n;
}

static bool find_table(int fd, struct table *t)
{
	const uint16_t one = 1;
	union header h;
	bool little = *(const unsigned char *)&one == 1;

	memset(&h, 0, sizeof h);
	if (pread(fd, &h, sizeof h, 0) < (ssize_t)sizeof h.small
	    || memcmp(h.ident, ELFMAG, SELFMAG) != 0)
		return false;
	if (h.ident[EI_DATA] != (little ? ELFDATA2LSB : ELFDATA2MSB))
		return false; /* another machine's; exec has its own word on that */
	t->wide = h.ident[EI_CLASS] == ELFCLASS64;
	t->at = t->wide ? h.large.e_phoff : h.small.e_phoff;
	t->n = t->wide ? h.large.e_phnum : h.small.e_phnum;
	if ((t->wide ? h.large.e_phentsize : h.small.e_phentsize)
	    != (t->wide ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr)))
		return false;
	return t->n <= HEADERS_MAX;
}

/* Header k, if it is that of an interpreter: its place and size. */
static bool read_interp(int fd, const struct table *t, unsigned k, uint64_t *at, uint64_t *size)
{
	Elf32_Phdr small;
	Elf64_Phdr large;
	uint32_t type;

	if (t->wide) {
		if (!read_at(fd, &large, sizeof large, t->at + k * sizeof large))
			return false;
		type = large.p_type;
		*at = large.p_offset;
		*size = large.p_filesz;
	} else {
		if (!read_at(fd, &small, sizeof small, t->at + k * sizeof small))
			return false;
		type = small.p_type;
		*at = small.p_offset;
		*size = small.p_filesz;
	}
	return type == PT_INTERP;
}

bool elf_interpreter(int fd, char *buf, size_t cap)
{
	struct table t;
	uint64_t at, size;

	if (!find_table(fd, &t))
		return false;
	for (unsigned k = 0; k < t.n; k++)
		if (read_interp(fd, &t, k, &at, &size))
			return size >= 2 && size <= cap && read_at(fd, buf, (size_t)size, at)
			       && buf[size - 1] == '\0';
	return false;
}

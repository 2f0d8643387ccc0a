/* pids.c - the table.  Pids are given one after the other, so they are their own hash. */
#include "src/shell/pids.h"

#include <string.h>

/* Twice as many as can live: then at least as many starts as there are services lie between
 * two times of filling it anew. */
static uint32_t slots_for(uint32_t n)
{
	uint32_t slots = 64;

	while (slots / 4 <= n)
		slots *= 2;
	return slots;
}

size_t pids_bytes(uint32_t n)
{
	return slots_for(n) * sizeof(uint32_t);
}

static pid_t pid_of(const struct pids *p, uint32_t entry)
{
	const struct proc *row = (entry - 1) % 2 ? p->procs.off : p->procs.main;

	return row[(entry - 1) / 2].pid;
}

static void put(struct pids *p, uint32_t entry)
{
	uint32_t at = (uint32_t)pid_of(p, entry) & (p->n_slots - 1);

	while (p->slot[at])
		at = (at + 1) & (p->n_slots - 1);
	p->slot[at] = entry;
	p->n_used++;
}

static void fill(struct pids *p)
{
	p->n_used = 0;
	for (uint32_t entry = 1; entry <= 2 * p->n; entry++)
		if (pid_of(p, entry))
			put(p, entry);
}

void pids_begin(struct pids *p, struct service_procs procs, uint32_t n, void *memory)
{
	*p = (struct pids){.procs = procs, .n = n, .slot = memory, .n_slots = slots_for(n)};
	fill(p);
}

void pids_note(struct pids *p, uint32_t svc, bool off)
{
	if (p->n_used < p->n_slots / 4 * 3) {
		put(p, 2 * svc + off + 1);
		return;
	}
	memset(p->slot, 0, p->n_slots * sizeof *p->slot);
	fill(p);
}

bool pids_find(const struct pids *p, pid_t pid, uint32_t *svc, bool *off)
{
	uint32_t at = (uint32_t)pid & (p->n_slots - 1);

	while (p->slot[at] && pid_of(p, p->slot[at]) != pid)
		at = (at + 1) & (p->n_slots - 1);
	*svc = p->slot[at] ? (p->slot[at] - 1) / 2 : 0;
	*off = p->slot[at] && (p->slot[at] - 1) % 2;
	return p->slot[at];
}

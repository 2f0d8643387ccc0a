/* slots.h - the slots of the shm method as the supervisor's own user can see them, for
 * tools that look at them or worse. */
#ifndef SHM_SLOTS_H
#define SHM_SLOTS_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/shm.h>

#include "ipc/shm/ipc.h"
#include "ipc/sysv.h"

/* The slots of the supervisor of this RUNDIR, *holder; ends the program without. */
static inline struct slots *shm_attach(const char *rundir, struct sysv_holder *holder)
{
	struct shmid_ds ds;

	for (unsigned try = 0; sysv_find(rundir, holder) == 0 && try < SYSV_PROBES; try++) {
		int id = shmget(sysv_object_key(holder, SYSV_SLOTS, try), 0, 0);
		void *at;

		if (id < 0 || shmctl(id, IPC_STAT, &ds) < 0 || ds.shm_segsz != sizeof(struct slots)
		    || !sysv_is_ours(&ds.shm_perm, holder->uid, 0600))
			continue;
		at = shmat(id, NULL, 0);
		if ((intptr_t)at != -1)
			return at;
	}
	fprintf(stderr, "%s: no slots: %s\n", rundir, strerror(errno));
	exit(7);
}

static inline unsigned shm_used(struct slots *slots)
{
	unsigned n = 0;

	for (uint32_t i = 0; i < SHM_SLOTS; i++)
		n += word_state(atomic_load(&slots->word[i])) != SLOT_FREE;
	return n;
}

#endif

/* services.h - carries out the engine's actions and reports what became of them.
 *
 * It decides nothing about a service: actions come from the engine, and what happens to its
 * processes goes back as events.  How a process is made is src/launch/'s.
 */
#ifndef CINIT_SHELL_SERVICES_H
#define CINIT_SHELL_SERVICES_H

#include <stdbool.h>
#include <stdint.h>

#include "ipc/record.h"
#include "src/shell/shell.h"

/* Takes up to TURN_ACTIONS actions; true when there may be more. */
bool services_act(void);

/* Takes over a freshly loaded config (NULL map: there was none before): the
 * engine's state is carried along, the old block freed when no child reads it
 * any more.  0, or -1 with errno and nothing changed. */
int services_adopt(struct config *fresh, const uint32_t *map);
void services_free_retired(void);

/* The process of this role may have said how its exec went. */
void services_exec_result(uint32_t svc, enum proc_role role);
/* The main process may have said that it is ready. */
void services_ready(uint32_t svc);
/* It has ended with this wait status and is reaped. */
void services_ended(uint32_t svc, enum proc_role role, int status);
struct proc *services_proc(uint32_t svc, enum proc_role role);
/* Whose process this is; false if it is nobody's: an orphan. */
bool services_find(pid_t pid, uint32_t *svc, enum proc_role *role);

/* Looks at every child in flight whether it has executed by now. */
void services_sweep(void);
/* While orphans are left alone, the ends of services are watched one by one. */
void services_watch_ends(void);
void services_unwatch_ends(void);
/* Watches a process that was just made. */
void services_watch(struct proc *p, uint32_t svc, enum proc_role role);
/* The environment that programs of the tree get which have no .env: ours, but for what is not
 * true for them; on a machine, where ours is what the boot loader said, PATH alone. */
char *const *services_inherited(void);
/* What programs get that ask somebody. */
enum terminal services_terminal(void);
/* Is it a pool? */
bool services_is_pool(uint32_t svc);
/* Whoever waits for what services say on their channels. */
extern const struct channel_watch services_channel_watch;

/* What a client, or the console, is told of a service. */
void services_item(uint32_t svc, struct ipc_item *item);

/* A finding of the loader, for the console. */
struct finding;
void services_say_finding(void *arg, const struct finding *f);

#endif

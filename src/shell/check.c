/* check.c - counts again what the supervisor keeps counted, and compares what it knows twice.
 *
 * It changes nothing, and knows no global state: the block is an argument. */
#include "src/shell/check.h"

#include <fcntl.h>
#include <stdlib.h>

#include "src/limits.h"
#include "src/shell/console.h"

static bool is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

static bool is_open_or_none(int fd)
{
	return fd == -1 || is_open(fd);
}

/* ---- processes ---- */

static const char *check_proc(const struct shell *s, const struct proc *p)
{
	if (p->pid < 0 || (!p->pid && (p->exec_fd || p->pidfd || p->slot)))
		return "something is left of a process that there is not";
	if ((p->exec_fd && !is_open(p->exec_fd)) || (p->pidfd && !is_open(p->pidfd)))
		return "the descriptor of a process is not open";
	if (p->pidfd && !s->ends_watched)
		return "a process is watched although none is";
	if (p->slot && (p->slot > SPAWN_IN_FLIGHT || s->spawner.held_by[p->slot - 1] != p->pid))
		return "a process is in memory that is another's";
	return NULL;
}

/* What the engine takes for alive has a pid, and the other way round. */
static const char *check_procs(const struct shell *s)
{
	const char *wrong = NULL;

	for (uint32_t i = 0; i < s->config->n && !wrong; i++) {
		const struct svc_live *l = &engine_svc(s->engine, i)->live;
		const struct proc *on = &s->procs.main[i], *off = &s->procs.off[i];

		wrong = check_proc(s, on);
		wrong = wrong ? wrong : check_proc(s, off);
		if (!wrong && (l->alive != (on->pid > 0) || l->off_alive != (off->pid > 0)))
			wrong = "engine and shell do not agree on what is alive";
	}
	return wrong;
}

static bool is_found(const struct shell *s, pid_t pid, uint32_t svc, bool off)
{
	uint32_t found;
	bool found_off;

	return !pid || (pids_find(&s->pids, pid, &found, &found_off) && found == svc && found_off == off);
}

/* Each process is found by its pid; what the table has beside that is out of date. */
static const char *check_pids(const struct shell *s)
{
	const struct pids *p = &s->pids;

	if (p->procs.main != s->procs.main || p->procs.off != s->procs.off
	    || p->n != s->config->n || p->n_used >= p->n_slots)
		return "the table of pids is another tree's";
	for (uint32_t i = 0; i < p->n; i++)
		if (!is_found(s, s->procs.main[i].pid, i, false) || !is_found(s, s->procs.off[i].pid, i, true))
			return "a process is not found by its pid";
	return NULL;
}

static const char *check_spawner(const struct spawner *sp)
{
	unsigned held = 0;

	for (int i = 0; i < SPAWN_IN_FLIGHT; i++) {
		held += sp->held_by[i] != 0;
		if (sp->held_by[i] && (sp->held_by[i] < 0 || sp->epoch_of[i] > sp->epoch))
			return "memory for a child is held by what cannot be";
	}
	return held == sp->n_held ? NULL : "memory for children is counted wrong";
}

static const char *check_retired(const struct shell *s)
{
	if (s->n_retired > RETIRED_MAX)
		return "there are more retired configs than there can be";
	for (unsigned i = 0; i < s->n_retired; i++)
		if (!s->retired[i].config || s->retired[i].config == s->config
		    || s->retired[i].epoch >= s->spawner.epoch)
			return "a retired config is none";
	return NULL;
}

static const char *check_helper(const struct shell *s)
{
	if (s->life.helper != HELPER_NONE && s->helper.pid <= 0)
		return "life waits for a helper that there is not";
	return check_proc(s, &s->helper);
}

/* ---- what is held for services ---- */

static bool is_before(const struct channel *a, const struct channel *b)
{
	if (a->svc != b->svc)
		return a->svc < b->svc;
	return a->role != b->role ? a->role < b->role : a->line < b->line;
}

static const char *check_channels(const struct shell *s)
{
	const struct channel *row = s->channels.row;

	for (uint32_t i = 0; i < s->channels.n; i++) {
		if (row[i].svc >= s->config->n || row[i].role > CHANNEL_CONTROL)
			return "a channel is nobody's";
		if (i && !is_before(&row[i - 1], &row[i]))
			return "channels are out of order";
		if (!is_open_or_none(row[i].held.fd))
			return "a channel's descriptor is not open";
		if (row[i].role != CHANNEL_SOCKET && row[i].held.fd >= 0
		    && !s->procs.main[row[i].svc].pid)
			return "a channel has outlived its process";
	}
	return s->reasons.n == s->config->n ? NULL : "there are not as many reasons as services";
}

/* ---- requests ---- */

static const char *check_relay(const struct shell *s)
{
	unsigned used = 0;

	for (unsigned i = 0; i < RELAY_MAX; i++) {
		const struct relayed *r = &s->relay.row[i];

		if (!r->handle)
			continue;
		used++;
		if (r->svc >= s->config->n || !config_value(s->config, r->svc, ENTRY_POOL))
			return "a request was passed on to what is no pool";
		if (r->id > s->relay.last_id)
			return "a request has a number that was not given yet";
	}
	return used == s->relay.n ? NULL : "requests that were passed on are counted wrong";
}

static const char *check_pending(const struct shell *s)
{
	if (s->pending.n > LOAD_PENDING_MAX)
		return "more requests wait for a load than there is room for";
	for (unsigned i = 0; i < s->pending.n; i++)
		if (s->pending.at[i].name[SVC_NAME_MAX])
			return "a request that waits has a name without an end";
	return NULL;
}

static const char *check_loading(const struct loading *l)
{
	if (!l->busy)
		return l->progress ? "something is left of a load that is over" : NULL;
	if (!l->progress || !l->done || !is_open(l->said_fd) || !is_open(l->memory_fd))
		return "a load lacks what it works with";
	return NULL;
}

static const char *check_loop(const struct shell *s)
{
	if (!is_open(s->loop.epoll_fd) || !is_open(s->loop.signal_fd))
		return "the loop has lost a descriptor";
	return s->console.n_kept <= sizeof s->console.kept ? NULL : "the console keeps more than it can";
}

/* ---- all of it ---- */

const char *shell_check(const struct shell *s)
{
	const char *wrong = check_loop(s);

	if (wrong || (wrong = life_check(&s->life)) || (wrong = check_spawner(&s->spawner))
	    || (wrong = check_retired(s)) || (wrong = check_helper(s)) || (wrong = check_pending(s))
	    || (wrong = check_loading(&s->loading)))
		return wrong;
	if (!s->config != !s->engine)
		return "there is an engine without a config, or the other way round";
	if (!s->config)
		return NULL;
	if (s->engine->n != s->config->n)
		return "engine and config are not of the same tree";
	if ((wrong = check_procs(s)) || (wrong = check_pids(s)) || (wrong = check_channels(s))
	    || (wrong = check_relay(s)))
		return wrong;
	return NULL;
}

#ifdef CINIT_CHECK
static void end_on(const char *who, const char *wrong)
{
	if (!wrong)
		return;
	say(who, "contradicts itself", wrong);
	console_flush();
	abort();
}

void check_turn(void)
{
	end_on("shell", shell_check(&shell));
	if (shell.engine)
		end_on("engine", engine_check(shell.engine, shell.engine->size));
}
#endif

#if defined CINIT_CHECK && CINIT_CHECK > 1
/* The engine has checked itself then. */
void check_event(void)
{
	if (!shell.engine || shell.engine->n <= CHECK_EACH_MAX)
		end_on("shell", shell_check(&shell));
}
#endif

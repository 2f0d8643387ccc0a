/* phase.c - the supervisor's next state.  Nothing here acts or remembers. */
#include "src/engine/phase.h"

/* A stop goes before whatever else may be next.  A forced one is on from there at once. */
static enum life_state stopped_or(const struct life_facts *f, enum life_state next)
{
	return f->stop ? LIFE_SERVICES : next;
}

static enum life_state from_load(const struct life_facts *f)
{
	if (f->load_failed && !f->machine)
		return LIFE_OVER;
	if (f->load_failed)
		return f->tree ? LIFE_PANIC : LIFE_SHELLS;
	if (!f->loaded)
		return LIFE_LOAD;
	if (f->shell_first)
		return LIFE_SHELL;
	if (f->start)
		return LIFE_BOOT;
	return f->machine ? LIFE_PANIC : LIFE_OVER;
}

/* A boot that leaves nothing up, or what a reload has booted later. */
static enum life_state from_boot(enum life_state state, const struct life_facts *f)
{
	if (!f->settled)
		return state;
	return f->hollow && f->machine ? LIFE_PANIC : LIFE_RUN;
}

static enum life_state from_shell(const struct life_facts *f)
{
	if (f->unstarted)
		return LIFE_SHELL_LATER;
	return f->ended ? LIFE_BOOT_LATER : LIFE_SHELL;
}

static enum life_state clean_up(const struct life_facts *f)
{
	return f->machine ? LIFE_UNMOUNT : LIFE_OVER;
}

/* Nobody is left, or nobody that could be ended. */
static enum life_state all_gone(const struct life_facts *f)
{
	if (f->goes_on)
		return f->switches ? LIFE_SWITCHED : LIFE_SHELL;
	return f->pid1 ? LIFE_LAST : clean_up(f);
}

static enum life_state from_services(const struct life_facts *f)
{
	if (f->forced)
		return LIFE_KILLED;
	return f->down ? LIFE_TERMED : LIFE_SERVICES;
}

static enum life_state from_termed(const struct life_facts *f)
{
	if (f->gone)
		return all_gone(f);
	return f->forced || f->due ? LIFE_KILLED : LIFE_TERMED;
}

/* The new root did not work.  What was asked meanwhile counts. */
static enum life_state from_switched(const struct life_facts *f)
{
	if (!f->ended)
		return LIFE_SWITCHED;
	if (f->goes_on)
		return LIFE_SHELL;
	return f->pid1 ? LIFE_LAST : clean_up(f);
}

enum life_state phase_next(enum life_state state, const struct life_facts *f)
{
	switch (state) {
	case LIFE_LOAD: return stopped_or(f, from_load(f));
	case LIFE_BOOT:
	case LIFE_RUN: return stopped_or(f, from_boot(state, f));
	case LIFE_PANIC: return stopped_or(f, f->ended || f->unstarted ? LIFE_SHELL : state);
	case LIFE_SHELL: return stopped_or(f, from_shell(f));
	case LIFE_SHELL_LATER: return stopped_or(f, f->due ? LIFE_SHELL : state);
	case LIFE_BOOT_LATER: return stopped_or(f, f->due ? LIFE_LOAD : state);
	case LIFE_SERVICES: return from_services(f);
	case LIFE_TERMED: return from_termed(f);
	case LIFE_KILLED: return f->gone || f->due ? all_gone(f) : state;
	case LIFE_LAST: return f->ended || f->unstarted || f->due ? clean_up(f) : state;
	case LIFE_UNMOUNT: return f->ended || f->unstarted || f->due ? LIFE_OVER : state;
	case LIFE_SWITCHED: return from_switched(f);
	case LIFE_SHELLS:
	case LIFE_OVER:
	case LIFE_N_STATES: break;
	}
	return state;
}

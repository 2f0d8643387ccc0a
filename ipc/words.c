/* words.c - the words for the vocabulary.  Switches, not tables of pointers:
 * a static supervisor then has no relocations to touch for them. */
#include "words.h"

#include <string.h>

const char *state_word(unsigned state)
{
	switch ((enum svc_state)state) {
	case SVC_DOWN: return "down";
	case SVC_WAITING: return "waiting";
	case SVC_BLOCKED: return "blocked";
	case SVC_STARTING: return "starting";
	case SVC_UP: return "up";
	case SVC_HELD:
	case SVC_OFF:
	case SVC_OFF_KILLED:
	case SVC_STOPPING:
	case SVC_LATE:
	case SVC_LATE_KILLED: return "stopping";
	case SVC_KILLING: return "killing";
	case SVC_BACKOFF: return "backoff";
	case SVC_FAILED: return "failed";
	case SVC_REFUSED: return "refused";
	case SVC_N_STATES: break;
	}
	return "?";
}

const char *state_detail(unsigned state)
{
	switch (state) {
	case SVC_HELD: return "held";
	case SVC_OFF: return "off";
	case SVC_OFF_KILLED: return "off-killed";
	case SVC_LATE: return "late";
	case SVC_LATE_KILLED: return "late-killed";
	default: return state_word(state);
	}
}

const char *step_word(unsigned step)
{
	switch ((enum spawn_step)step) {
	case STEP_NONE: return "none";
	case STEP_PIPE: return "pipe";
	case STEP_FORK: return "fork";
	case STEP_SESSION: return "setsid";
	case STEP_CWD: return "chdir";
	case STEP_LIMIT: return "setrlimit";
	case STEP_SIGNALS: return "sigprocmask";
	case STEP_EXEC: return "exec";
	case STEP_ARGS: return "arguments";
	case STEP_FDS: return "descriptors";
	case STEP_LISTEN: return "listen";
	case STEP_USER: return "user";
	case STEP_IDS: return "setuid";
	case STEP_ENTRY: return "setting";
	case STEP_N: break;
	}
	return "?";
}

const char *result_word(unsigned result)
{
	switch ((enum result)result) {
	case RES_NONE: return "no answer";
	case RES_DONE: return "done";
	case RES_ACCEPTED: return "accepted";
	case RES_NO: return "no";
	case RES_SHUTDOWN: return "shutting down";
	case RES_SUPERSEDED: return "a later command wished the opposite";
	case RES_NEED_NOT_UP: return "a need is not up";
	case RES_DEPENDENT_UP: return "a dependent is up";
	case RES_STILL_WAITING: return "still waiting";
	case RES_EXPIRED: return "expired";
	case RES_BUSY: return "busy";
	case RES_DENIED: return "permission denied";
	case RES_NO_SERVICE: return "no such service";
	case RES_BAD_NAME: return "not a service name";
	case RES_BAD_REQUEST: return "bad request";
	case RES_NO_MEMORY: return "out of memory";
	case RES_LOAD: return "cannot be loaded";
	case RES_VERSION: return "client and supervisor are of different versions";
	case RES_NO_ROOT: return "not a machine, or no mounted file system with that init";
	case RES_NOT_POOL: return "not a pool";
	case RES_POOL: return "the pool refuses";
	case RES_N: break;
	}
	return "?";
}

const char *verb_word(unsigned verb)
{
	switch ((enum verb)verb) {
	case VERB_NONE: return "none";
	case VERB_START: return "start";
	case VERB_STOP: return "stop";
	case VERB_RESTART: return "restart";
	case VERB_TRY_RESTART: return "try-restart";
	case VERB_STATUS: return "status";
	case VERB_LIST: return "list";
	case VERB_WAIT: return "wait";
	case VERB_DEPENDENTS: return "dependents";
	case VERB_HALT: return "halt";
	case VERB_POWEROFF: return "poweroff";
	case VERB_REBOOT: return "reboot";
	case VERB_SWITCH: return "switch";
	case VERB_WORKERS: return "workers";
	case VERB_SCALE: return "scale";
	case VERB_ROLL: return "roll";
	case VERB_CALL: return "call";
	case VERB_N: break;
	}
	return "?";
}

const char *worker_word(unsigned state)
{
	switch ((enum worker_state)state) {
	case WORKER_STARTING: return "starting";
	case WORKER_IDLE: return "idle";
	case WORKER_BUSY: return "busy";
	case WORKER_LEAVING: return "leaving";
	case WORKER_KILLED: return "killed";
	case WORKER_FREE:
	case WORKER_N_STATES: break;
	}
	return "?";
}

enum verb verb_of_word(const char *word)
{
	for (unsigned v = VERB_NONE + 1; v < VERB_N; v++)
		if (strcmp(word, verb_word(v)) == 0)
			return (enum verb)v;
	return VERB_NONE;
}

/* walk.c - the order of hooks around a request. */
#include "src/pool/walk.h"

#include "src/pool/modules.h"

typedef int hook(struct cinit_message *m);

/* The hook that what check made of the request calls for. */
static hook *taker(const struct cinit_module *module, enum cinit_kind kind)
{
	switch (kind) {
	case CINIT_REQUEST: return module->handle;
	case CINIT_ANSWER: return module->response;
	case CINIT_CANCEL: return module->cancel;
	}
	return NULL;
}

/* Every module's, in order; negative: one of them drops the request. */
static int check(struct cinit_message *m)
{
	for (unsigned i = 0; i < n_modules; i++)
		if (modules[i].module->check && modules[i].module->check(m) < 0)
			return -1;
	return 0;
}

static int before(struct cinit_message *m)
{
	for (unsigned i = 0; i < n_modules; i++)
		if (modules[i].module->pre && modules[i].module->pre(m) < 0)
			return -1;
	return 0;
}

static enum cinit_verdict ask_modules(struct cinit_message *m)
{
	for (unsigned i = 0; i < n_modules; i++) {
		hook *h = taker(modules[i].module, m->kind);
		int verdict = h ? h(m) : CINIT_PASS;

		if (verdict == CINIT_TAKEN || verdict == CINIT_KEEP)
			return (enum cinit_verdict)verdict;
	}
	return CINIT_PASS;
}

enum cinit_verdict walk(struct cinit_message *m)
{
	enum cinit_verdict verdict = CINIT_PASS;

	if (check(m) >= 0 && before(m) >= 0) {
		verdict = ask_modules(m);
		for (unsigned i = 0; i < n_modules; i++)
			if (modules[i].module->post)
				modules[i].module->post(m);
	}
	for (unsigned i = 0; i < n_modules; i++)
		if (modules[i].module->release)
			modules[i].module->release(m);
	return verdict;
}

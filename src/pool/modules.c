/* modules.c - from lines of pool/modules to modules in memory. */
#include "src/pool/modules.h"

#include <dlfcn.h>
#include <limits.h>
#include <string.h>

#include "ipc/text.h"

struct loaded modules[MODULES_MAX];
unsigned n_modules;

/* "WHERE: WHAT: WHY", empty parts left out. */
static int refuse(char *why, size_t cap, const char *where, const char *what, const char *reason)
{
	const char *parts[3] = {where, what, reason};
	struct text t;

	text_init(&t, why, cap);
	for (unsigned i = 0; i < 3; i++) {
		if (*parts[i] && t.len)
			text_str(&t, ": ");
		text_str(&t, parts[i]);
	}
	return -1;
}

/* ---- parameters ---- */

static bool set_number(const char *value, int *out)
{
	bool minus = *value == '-';
	uint64_t n;

	if (!parse_u64(value + minus, strlen(value + minus), INT_MAX, &n))
		return false;
	*out = minus ? -(int)n : (int)n;
	return true;
}

static bool set(const struct cinit_param *p, const char *value)
{
	switch (p->type) {
	case CINIT_PARAM_INT:
		return p->number && set_number(value, p->number);
	case CINIT_PARAM_TEXT:
		if (p->text)
			*p->text = value;
		return p->text != NULL;
	case CINIT_PARAM_CALL: return p->call && p->call(value) >= 0;
	}
	return false;
}

/* One NAME=VALUE; the `=` becomes the end of the name. */
static int set_param(const struct cinit_module *m, char *word, char *why, size_t cap)
{
	const struct cinit_param *p = m->params;
	char *equals = strchr(word, '=');

	if (!equals)
		return refuse(why, cap, m->name, word, "not NAME=VALUE");
	*equals = '\0';
	while (p && p->name && strcmp(p->name, word) != 0)
		p++;
	if (!p || !p->name)
		return refuse(why, cap, m->name, word, "no such parameter");
	if (!set(p, equals + 1))
		return refuse(why, cap, m->name, word, "a value that it does not take");
	return 0;
}

/* ---- objects ---- */

static bool is_name(const char *name)
{
	size_t n = name ? strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") : 0;

	return n > 0 && name[n] == '\0';
}

static bool is_there(const char *name)
{
	for (unsigned i = 0; i < n_modules; i++)
		if (strcmp(modules[i].module->name, name) == 0)
			return true;
	return false;
}

static const char *objection(const struct cinit_module *m)
{
	if (!m)
		return "no module: it has no cinit_module";
	if (m->abi != CINIT_MODULE_ABI || m->size != sizeof *m)
		return "built for another version of <cinit/module.h>";
	if (!is_name(m->name))
		return "the module name is empty";
	return is_there(m->name) ? "there is a module of this name already" : NULL;
}

static int open_object(const char *object, const char *service_dir, char *why, size_t cap)
{
	struct loaded *l = &modules[n_modules];
	char path[PATH_MAX];
	const char *no;
	struct text t;

	text_init(&t, path, sizeof path);
	if (*object != '/') {
		text_str(&t, service_dir);
		text_char(&t, '/');
	}
	text_str(&t, object);
	l->object = t.cut ? NULL : dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (!l->object)
		return refuse(why, cap, "pool/modules", t.cut ? "path too long" : dlerror(), "");
	l->module = dlsym(l->object, "cinit_module");
	no = objection(l->module);
	if (!no) {
		n_modules++;
		return 0;
	}
	dlclose(l->object);
	return refuse(why, cap, "pool/modules", object, no);
}

/* "OBJECT [NAME=VALUE ...]" */
static int open_line(char *line, const char *service_dir, char *why, size_t cap)
{
	char *rest = line, *word = strsep(&rest, " \t");

	if (n_modules == MODULES_MAX)
		return refuse(why, cap, "pool/modules", "", "more than " LIMIT_TEXT(MODULES_MAX) " modules");
	if (open_object(word, service_dir, why, cap) < 0)
		return -1;
	while ((word = strsep(&rest, " \t")))
		if (*word && set_param(modules[n_modules - 1].module, word, why, cap) < 0)
			return -1;
	return 0;
}

int modules_open(char *lines, unsigned n, const char *service_dir, char *why, size_t cap)
{
	char *next;

	for (; n--; lines = next) {
		next = lines + strlen(lines) + 1;
		if (open_line(lines, service_dir, why, cap) < 0)
			return -1;
	}
	return 0;
}

void modules_close(void)
{
	while (n_modules)
		dlclose(modules[--n_modules].object);
}

/* ---- what they export ---- */

/* Is this name, of n bytes, the word of module m: WORD or MODULE.WORD? */
static bool names(const char *name, size_t n, const struct cinit_module *m, const char *word)
{
	size_t before = strlen(m->name);

	if (strlen(word) == n && memcmp(word, name, n) == 0)
		return true;
	return n == before + 1 + strlen(word) && memcmp(name, m->name, before) == 0
	       && name[before] == '.' && memcmp(name + before + 1, word, n - before - 1) == 0;
}

const struct cinit_command *modules_command(const char *name, size_t n, bool from_outside)
{
	for (unsigned i = 0; i < n_modules; i++)
		for (const struct cinit_command *c = modules[i].module->commands; c && c->name; c++)
			if (names(name, n, modules[i].module, c->name)
			    && !(from_outside && c->flags & CINIT_INTERNAL))
				return c;
	return NULL;
}

const struct cinit_rpc *modules_rpc(const char *name, size_t n)
{
	for (unsigned i = 0; i < n_modules; i++)
		for (const struct cinit_rpc *r = modules[i].module->rpc; r && r->name; r++)
			if (names(name, n, modules[i].module, r->name))
				return r;
	return NULL;
}

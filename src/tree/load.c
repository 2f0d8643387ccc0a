/* load.c - tree -> block: resolves the start service, reads every service that
 * is reached, breaks cycles, packs.  The only door of the loader. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "src/tree/carry.h"
#include "src/tree/loader.h"
#include "src/limits.h"

struct draft *draft_at(const struct loader *l, uint32_t i)
{
	return (struct draft *)(void *)l->drafts.at + i;
}

uint32_t draft_count(const struct loader *l)
{
	return (uint32_t)(l->drafts.len / sizeof(struct draft));
}

void loader_fail(struct loader *l, const char *why)
{
	values_fail(&l->values, why);
}

uint32_t loader_string(struct loader *l, const char *s, size_t n)
{
	uint32_t at;

	vec_admit(&l->values.strings, n + 1);
	at = values_string(&l->values, s, n);
	if (!at)
		loader_fail(l, l->values.full);
	l->named_at = l->values.strings.len;
	return at;
}

uint32_t loader_refusal(struct loader *l, const char *s, size_t n)
{
	uint32_t offset = (uint32_t)l->refusals.len;
	char *at = vec_add(&l->refusals, n + 1);

	if (at)
		memcpy(at, s, n);
	else
		loader_fail(l, strerror(errno));
	return at ? offset : 0;
}

void loader_unread(struct loader *l, uint32_t i)
{
	const struct draft *d = draft_at(l, i);

	l->needs.len = d->need_at * (size_t)4;
	l->wants.len = d->want_at * (size_t)4;
	l->values.rows.len = d->value_at * sizeof(struct value);
	l->values.numbers.len = l->numbers_at;
	l->values.strings.len = l->named_at > l->strings_at ? l->named_at : l->strings_at;
}

void loader_report(struct loader *l, enum finding_level level, uint32_t svc, const char *entry,
                   const char *what, const char *why)
{
	struct text t;
	struct finding f = {level, l->said_path, what, why};

	text_init(&t, l->said_path, sizeof l->said_path);
	text_str(&t, svc == NO_SVC ? l->rq->dir : l->root);
	text_char(&t, '/');
	text_str(&t, svc == NO_SVC ? "conf" : loader_name(l, svc));
	if (*entry) {
		text_char(&t, '/');
		text_str(&t, entry);
	}
	loader_tell(l, &f);
}

/* The reason as status shows it: "needs/foo: no service: No such file". */
static uint32_t refusal_text(struct loader *l, const char *entry, const char *what, const char *why)
{
	char text[512];
	struct text t;
	const char *parts[3] = {entry, what, why};

	text_init(&t, text, sizeof text);
	for (unsigned i = 0; i < 3; i++) {
		if (*parts[i] && t.len)
			text_str(&t, ": ");
		text_str(&t, parts[i]);
	}
	return loader_refusal(l, text, t.len);
}

void loader_refuse(struct loader *l, uint32_t svc, const char *entry, const char *what,
                   const char *why)
{
	struct draft *d = draft_at(l, svc);

	loader_report(l, FINDING_ERROR, svc, entry, what, why);
	if (d->refused)
		return; /* the first reason stands */
	d->refused = true;
	d->conf.refusal = refusal_text(l, entry, what, why);
}

/* The place is svc/ itself, or `name` below it. */
static void report_root(struct loader *l, const char *name, const char *what, const char *why)
{
	struct text t;
	struct finding f = {FINDING_ERROR, l->said_path, what, why};

	text_init(&t, l->said_path, sizeof l->said_path);
	text_str(&t, l->rq->dir);
	text_str(&t, "/svc");
	if (*name) {
		text_char(&t, '/');
		text_str(&t, name);
	}
	loader_tell(l, &f);
}

/* Opens svc/ and learns its physical path; without it nothing can be resolved. */
static void open_root(struct loader *l)
{
	char *path = l->entry_path;
	struct text t;

	text_init(&t, path, sizeof l->entry_path);
	text_str(&t, l->rq->dir);
	text_str(&t, "/svc");
	l->svc_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (l->svc_fd < 0 || !realpath(path, l->root)) {
		loader_errno(l, NO_SVC, path, errno);
		report_root(l, "", "cannot be read", strerror(errno));
		l->root[0] = '\0';
	}
	l->root_len = strlen(l->root);
	if (l->svc_fd >= 0)
		l->since = loader_changed_when(l->svc_fd);
}

/* A service by the name that a person gave: any path below svc/. */
uint32_t loader_resolve_name(struct loader *l, const char *name, const char **why)
{
	char *path = l->entry_path;
	struct text t;

	*why = "not below svc/";
	if (!l->root_len || !*name || *name == '/')
		return NO_SVC;
	text_init(&t, path, sizeof l->entry_path);
	text_str(&t, l->root);
	text_char(&t, '/');
	text_str(&t, name);
	*why = strerror(ENAMETOOLONG);
	return t.cut ? NO_SVC : loader_resolve(l, &(struct place){.dir_fd = l->svc_fd, .entry = name,
	                                       .path = path, .svc = NO_SVC, .what = path}, why);
}

static void read_service(struct loader *l, uint32_t i)
{
	loader_read_service(l, i);
	if (!l->values.full)
		return;
	loader_unread(l, i); /* it is refused: smaller ones behind it may fit */
	l->values.full = NULL;
}

/* Reads the services in order; reading one may append others. */
static void read_services(struct loader *l)
{
	for (uint32_t i = 0; i < draft_count(l) && !loader_has_failed(l); i++) {
		draft_at(l, i)->need_at = (uint32_t)(l->needs.len / 4);
		draft_at(l, i)->want_at = (uint32_t)(l->wants.len / 4);
		draft_at(l, i)->value_at = values_count(&l->values);
		l->strings_at = l->values.strings.len;
		l->numbers_at = l->values.numbers.len;
		if (draft_at(l, i)->carried)
			carry_definition(l, i);
		else
			read_service(l, i);
		if (!loader_has_failed(l))
			carry_check(l, i);
	}
}

static void begin(struct loader *l)
{
	const struct config *old = l->rq->old;

	loader_refusal(l, "", 0);
	open_root(l);
	for (uint32_t i = 0; old && i < old->n && !loader_has_failed(l); i++)
		carry_row(l, i);
	if (!loader_has_failed(l) && loader_index_begin(l) < 0)
		loader_fail(l, strerror(errno));
}

static void find_roots(struct loader *l, struct config *head)
{
	const char *why;

	head->start = l->rq->old ? l->rq->old->start : NO_SVC;
	head->asked = NO_SVC;
	if (l->rq->start) {
		head->start = loader_resolve_name(l, l->rq->start, &why);
		if (head->start == NO_SVC && l->root_len && !loader_has_failed(l))
			report_root(l, l->rq->start, "no such start service", why);
		if (head->start == NO_SVC && l->rq->running)
			loader_fail(l, "it would have no start service");
	}
	if (l->rq->asked && !loader_has_failed(l))
		head->asked = loader_resolve_name(l, l->rq->asked, &why);
}

static struct config *load(struct loader *l)
{
	struct config head = {0};

	begin(l);
	if (!loader_has_failed(l))
		find_roots(l, &head);
	if (!loader_has_failed(l))
		head.conf_root = l->rq->old ? carry_conf(l) : loader_read_conf(l);
	l->n_conf = values_count(&l->values);
	if (!loader_has_failed(l) && l->rq->running)
		carry_find(l);
	if (!loader_has_failed(l))
		read_services(l);
	if (!loader_has_failed(l) && l->rq->again)
		loader_check_in_place(l);
	if (!loader_has_failed(l))
		loader_break_cycles(l);
	if (!loader_has_failed(l))
		carry_finish(l);
	if (!loader_has_failed(l))
		head.svc_root = loader_string(l, l->root, l->root_len);
	return loader_has_failed(l) ? NULL : loader_pack(l, &head);
}

static void free_all(struct loader *l)
{
	if (l->svc_fd >= 0)
		close(l->svc_fd);
	vec_free(&l->drafts);
	values_free(&l->values);
	vec_free(&l->needs);
	vec_free(&l->wants);
	vec_free(&l->index);
	vec_free(&l->names);
	vec_free(&l->refusals);
	vec_free(&l->findings);
}

static bool is_refused_for_fault(const struct load *rq)
{
	return rq->again && rq->again->fault != LOAD_FINE && rq->again->refused & 1u << rq->again->fault;
}

static void tell_all(struct loader *l, const struct config *c)
{
	if (!c)
		report_root(l, "", "cannot be loaded", l->values.failed);
	loader_tell_kept(l);
}

struct config *config_load(const struct load *rq)
{
	struct vec memory = {.max = sizeof(struct loader)};
	struct loader *l = vec_add(&memory, sizeof *l);
	struct config *c = NULL;

	if (!l) {
		struct finding f = {FINDING_ERROR, rq->dir, "cannot be loaded", strerror(errno)};

		rq->report(rq->arg, &f);
		return NULL;
	}
	l->rq = rq;
	l->svc_fd = -1;
	l->drafts.max = (size_t)(CONFIG_SERVICES_MAX + CONFIG_BEYOND_MAX) * sizeof(struct draft);
	l->needs.max = l->wants.max = (size_t)CONFIG_EDGES_MAX * 4;
	l->index.max = l->names.max = l->refusals.max = SIZE_MAX / 2;
	l->findings.max = CONFIG_FINDINGS_MAX;
	if (rq->again)
		rq->again->fault = LOAD_FINE;
	c = values_begin(&l->values) < 0 ? NULL : load(l);
	if (c || !is_refused_for_fault(rq))
		tell_all(l, c);
	free_all(l);
	vec_free(&memory);
	return c;
}

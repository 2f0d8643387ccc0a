/* address.c - reads lines of `listen`.  Strict: what is not exactly of that form is refused. */
#include "src/tree/address.h"

#include <arpa/inet.h>
#include <assert.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>
#include <sys/un.h>

#include "ipc/text.h"
#include "src/limits.h"

#define LINE_WORDS_MAX 3
#define MODE_DIGITS 4
#define PORT_MAX 65535
#define UNIX_PATH_MAX 107

static_assert(UNIX_PATH_MAX == sizeof ((struct sockaddr_un *)0)->sun_path - 1, "a path with its NUL");

struct word {
	const char *at;
	size_t n;
};

struct kind {
	char name[12];
	bool path;
	int type;
};

static const struct kind kinds[] = {
	{"tcp", false, SOCK_STREAM}, {"udp", false, SOCK_DGRAM},
	{"unix", true, SOCK_STREAM}, {"unix-dgram", true, SOCK_DGRAM},
};

/* How many there are; one more than LINE_WORDS_MAX stands for any number above. */
static unsigned split(const char *line, size_t n, struct word word[LINE_WORDS_MAX])
{
	const char *end = line + n;
	unsigned count = 0;

	while (line < end) {
		const char *space = memchr(line, ' ', (size_t)(end - line));
		const char *stop = space ? space : end;

		if (stop > line && count < LINE_WORDS_MAX)
			word[count] = (struct word){line, (size_t)(stop - line)};
		count += stop > line;
		line = stop + 1;
	}
	return count > LINE_WORDS_MAX ? LINE_WORDS_MAX + 1 : count;
}

static const struct kind *kind_of(struct word w)
{
	for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
		if (strlen(kinds[k].name) == w.n && memcmp(kinds[k].name, w.at, w.n) == 0)
			return &kinds[k];
	return NULL;
}

/* ---- HOST:PORT ---- */

/* Without its brackets. */
static bool parse_ipv6(struct word host, uint16_t port, struct listen_address *out)
{
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	char text[INET6_ADDRSTRLEN];

	if (host.n >= sizeof text)
		return false;
	memcpy(text, host.at, host.n);
	text[host.n] = '\0';
	if (strlen(text) != host.n || inet_pton(AF_INET6, text, &in6.sin6_addr) != 1)
		return false;
	memcpy(&out->addr, &in6, sizeof in6);
	out->len = sizeof in6;
	return true;
}

static bool parse_ipv4(struct word host, uint16_t port, struct listen_address *out)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(port)};
	char text[INET_ADDRSTRLEN];

	if (host.n >= sizeof text)
		return false;
	memcpy(text, host.at, host.n);
	text[host.n] = '\0';
	if (strlen(text) != host.n || inet_pton(AF_INET, text, &in.sin_addr) != 1)
		return false;
	memcpy(&out->addr, &in, sizeof in);
	out->len = sizeof in;
	return true;
}

static const char *parse_host(struct word host, uint16_t port, struct listen_address *out)
{
	if (host.n == 1 && *host.at == '*') {
		out->any = true;
		return parse_ipv6((struct word){"::", 2}, port, out) ? NULL : "no IPv6";
	}
	if (host.n > 1 && host.at[0] == '[' && host.at[host.n - 1] == ']')
		return parse_ipv6((struct word){host.at + 1, host.n - 2}, port, out)
		       ? NULL : "not an IPv6 address in the brackets";
	if (memchr(host.at, ':', host.n))
		return "an IPv6 address belongs in brackets, as in [::1]:80";
	return parse_ipv4(host, port, out) ? NULL : "HOST is neither an address in numbers nor *";
}

static const char *parse_inet(struct word w, struct listen_address *out)
{
	const char *colon = memrchr(w.at, ':', w.n);
	uint64_t port;

	if (!colon)
		return "not HOST:PORT";
	if (!parse_u64(colon + 1, (size_t)(w.at + w.n - colon) - 1, PORT_MAX, &port) || !port)
		return "PORT is not a number from 1 to " LIMIT_TEXT(PORT_MAX);
	return parse_host((struct word){w.at, (size_t)(colon - w.at)}, (uint16_t)port, out);
}

/* ---- PATH [MODE] ---- */

static bool parse_mode(struct word w, mode_t *mode)
{
	*mode = 0;
	if (!w.n || w.n > MODE_DIGITS)
		return false;
	for (size_t k = 0; k < w.n; k++) {
		if (w.at[k] < '0' || w.at[k] > '7')
			return false;
		*mode = *mode * 8 + (mode_t)(w.at[k] - '0');
	}
	return *mode <= CONFIG_MODE_MAX;
}

static const char *parse_path(struct word w, struct listen_address *out)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};

	if (w.at[0] == '@')
		return "a name without a path is open to everybody";
	if (w.at[0] != '/')
		return "PATH does not begin with /";
	if (w.at[w.n - 1] == '/')
		return "PATH ends with /";
	if (w.n > UNIX_PATH_MAX)
		return "PATH is longer than " LIMIT_TEXT(UNIX_PATH_MAX) " bytes";
	if (memchr(w.at, '\0', w.n))
		return "PATH has a NUL byte";
	memcpy(un.sun_path, w.at, w.n);
	memcpy(&out->addr, &un, sizeof un);
	out->len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + w.n + 1);
	return NULL;
}

/* ---- a line ---- */

static const char *parse(const char *line, size_t n, struct listen_address *out)
{
	struct word word[LINE_WORDS_MAX];
	unsigned count = split(line, n, word);
	const struct kind *kind = count ? kind_of(word[0]) : NULL;

	if (!kind)
		return "does not begin with tcp, udp, unix or unix-dgram";
	if (count < 2)
		return kind->path ? "PATH is missing" : "HOST:PORT is missing";
	if (count > (kind->path ? 3u : 2u))
		return kind->path ? "more than PATH and MODE" : "more than HOST:PORT";
	out->type = kind->type;
	if (!kind->path)
		return parse_inet(word[1], out);
	if (count == 3 && !parse_mode(word[2], &out->mode))
		return "MODE is not an octal number up to " LIMIT_TEXT(CONFIG_MODE_MAX);
	return parse_path(word[1], out);
}

int listen_parse(const char *line, size_t n, struct listen_address *out, const char **why)
{
	memset(out, 0, sizeof *out); /* bytes between members, too: see listen_same() */
	out->mode = LISTEN_MODE_DEFAULT;
	*why = parse(line, n, out);
	return *why ? -1 : 0;
}

bool listen_same(const struct listen_address *a, const struct listen_address *b)
{
	return a->type == b->type && a->any == b->any && a->len == b->len
	       && memcmp(&a->addr, &b->addr, a->len) == 0;
}

static uint16_t port_of(const struct listen_address *a)
{
	struct sockaddr_in6 in6;
	struct sockaddr_in in;

	if (a->addr.ss_family == AF_INET6) {
		memcpy(&in6, &a->addr, sizeof in6);
		return ntohs(in6.sin6_port);
	}
	memcpy(&in, &a->addr, sizeof in);
	return ntohs(in.sin_port);
}

static bool is_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')
	       || c == '.' || c == '_' || c == '-';
}

static void put_last_part(struct text *t, const struct listen_address *a)
{
	struct sockaddr_un un;
	const char *at;

	memcpy(&un, &a->addr, sizeof un);
	for (at = strrchr(un.sun_path, '/') + 1; *at; at++)
		text_char(t, is_plain(*at) ? *at : '_');
}

void listen_name(const struct listen_address *a, char name[LISTEN_NAME_MAX])
{
	bool path = a->addr.ss_family == AF_UNIX;
	struct text t;

	text_init(&t, name, LISTEN_NAME_MAX);
	for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
		if (kinds[k].path == path && kinds[k].type == a->type)
			text_str(&t, kinds[k].name);
	text_char(&t, '-');
	if (path)
		put_last_part(&t, a);
	else
		text_u64(&t, port_of(a));
}

void listen_put_names(struct text *t, const char *lines, unsigned n)
{
	struct listen_address a;
	char name[LISTEN_NAME_MAX];
	const char *why;

	for (unsigned i = 0; i < n; i++, lines += strlen(lines) + 1) {
		if (i)
			text_char(t, ':');
		if (listen_parse(lines, strlen(lines), &a, &why) < 0)
			continue;
		listen_name(&a, name);
		text_str(t, name);
	}
}

const char *listen_path(const struct listen_address *a)
{
	const struct sockaddr_un *un = (const struct sockaddr_un *)&a->addr;

	return a->addr.ss_family == AF_UNIX && un->sun_path[0] ? un->sun_path : NULL;
}

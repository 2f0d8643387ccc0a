/* text.c - the bounded writer and the number parser. */
#include "text.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

void text_init_fd(struct text *t, char *buf, size_t cap, int fd)
{
	t->buf = buf;
	t->cap = cap;
	t->fd = fd;
	text_clear(t);
}

void text_init(struct text *t, char *buf, size_t cap)
{
	text_init_fd(t, buf, cap, -1);
}

void text_clear(struct text *t)
{
	t->len = 0;
	t->cut = false;
	t->buf[0] = '\0';
}

int text_flush(struct text *t)
{
	size_t done = 0;

	while (done < t->len) {
		ssize_t n = write(t->fd, t->buf + done, t->len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			t->len = 0;
			t->cut = true;
			return -1;
		}
		done += (size_t)n;
	}
	t->len = 0;
	return 0;
}

void text_mem(struct text *t, const void *bytes, size_t n)
{
	const char *from = bytes;

	for (;;) {
		size_t room = t->cap - 1 - t->len, part = n < room ? n : room;

		memcpy(t->buf + t->len, from, part);
		t->len += part;
		t->buf[t->len] = '\0';
		from += part;
		n -= part;
		if (n == 0)
			return;
		if (t->fd < 0 || text_flush(t) < 0) {
			t->cut = true;
			return;
		}
	}
}

void text_str(struct text *t, const char *s)
{
	text_mem(t, s, strlen(s));
}

void text_char(struct text *t, char c)
{
	text_mem(t, &c, 1);
}

void text_u64_wide(struct text *t, uint64_t v, unsigned width)
{
	char digits[20];
	unsigned n = 0;

	do {
		digits[sizeof digits - ++n] = (char)('0' + v % 10);
		v /= 10;
	} while (v);
	while (n < width && n < sizeof digits)
		digits[sizeof digits - ++n] = '0';
	text_mem(t, digits + sizeof digits - n, n);
}

void text_u64(struct text *t, uint64_t v)
{
	text_u64_wide(t, v, 1);
}

void text_i64(struct text *t, int64_t v)
{
	if (v < 0)
		text_char(t, '-');
	text_u64(t, v < 0 ? 0 - (uint64_t)v : (uint64_t)v);
}

void text_seconds(struct text *t, int64_t ms, unsigned places)
{
	uint64_t v = ms < 0 ? 0 - (uint64_t)ms : (uint64_t)ms;
	uint64_t fraction = v % 1000;

	if (ms < 0)
		text_char(t, '-');
	text_u64(t, v / 1000);
	if (places == 0)
		return;
	for (unsigned i = places; i < 3; i++)
		fraction /= 10;
	text_char(t, '.');
	text_u64_wide(t, fraction, places);
}

void text_repeat(struct text *t, char c, size_t n)
{
	while (n--)
		text_char(t, c);
}

/* The shortest code point that a sequence of this length may carry. */
static uint32_t utf8_least(size_t len)
{
	return len == 2 ? 0x80 : len == 3 ? 0x800 : 0x10000;
}

size_t utf8_length(const char *s, size_t n)
{
	const unsigned char *u = (const unsigned char *)s;
	size_t len;
	uint32_t point;

	if (n == 0)
		return 0;
	if (u[0] < 0x80)
		return 1;
	len = u[0] >= 0xf0 ? 4 : u[0] >= 0xe0 ? 3 : 2;
	if (u[0] < 0xc2 || u[0] > 0xf4 || len > n)
		return 0;
	point = u[0] & (0x7fu >> len);
	for (size_t i = 1; i < len; i++) {
		if ((u[i] & 0xc0) != 0x80)
			return 0;
		point = point << 6 | (u[i] & 0x3fu);
	}
	if (point < utf8_least(len) || point > 0x10ffff)
		return 0;
	if (point < 0xa0 || (point >= 0xd800 && point <= 0xdfff))
		return 0;
	return len;
}

static void text_hex(struct text *t, const char *before, unsigned char c)
{
	const char *hex = "0123456789abcdef";

	text_str(t, before);
	text_char(t, hex[c >> 4]);
	text_char(t, hex[c & 15]);
}

void text_name(struct text *t, const char *s, size_t n, bool utf8)
{
	for (size_t i = 0; i < n;) {
		unsigned char c = (unsigned char)s[i];
		size_t len = utf8 && c >= 0x80 ? utf8_length(s + i, n - i) : 0;

		if (len) {
			text_mem(t, s + i, len);
			i += len;
			continue;
		}
		if (c < 0x20 || c >= 0x7f || c == '\\')
			text_hex(t, "\\x", c);
		else
			text_char(t, (char)c);
		i++;
	}
}

void text_json(struct text *t, const char *s, size_t n)
{
	text_char(t, '"');
	for (size_t i = 0; i < n;) {
		unsigned char c = (unsigned char)s[i];
		size_t len = utf8_length(s + i, n - i);

		if (c == '"' || c == '\\') {
			text_char(t, '\\');
			text_char(t, (char)c);
		} else if (c < 0x20 || c == 0x7f) {
			text_hex(t, "\\u00", c);
		} else if (len) {
			text_mem(t, s + i, len);
		} else {
			text_hex(t, "\\udc", c);
		}
		i += len ? len : 1;
	}
	text_char(t, '"');
}

bool parse_u64(const char *s, size_t n, uint64_t max, uint64_t *out)
{
	uint64_t v = 0;

	if (n == 0)
		return false;
	for (size_t i = 0; i < n; i++) {
		unsigned digit = (unsigned char)s[i] - (unsigned)'0';

		if (digit > 9 || v > (UINT64_MAX - digit) / 10)
			return false;
		v = v * 10 + digit;
	}
	if (v > max)
		return false;
	*out = v;
	return true;
}

bool parse_seconds(const char *s, size_t n, uint64_t max_ms, uint64_t *out_ms)
{
	const char *dot = memchr(s, '.', n);
	size_t whole = dot ? (size_t)(dot - s) : n;
	size_t places = dot ? n - whole - 1 : 0;
	uint64_t seconds, fraction = 0;

	if (!parse_u64(s, whole, UINT64_MAX / 1000 - 1, &seconds))
		return false;
	if (dot && (places > 3 || !parse_u64(dot + 1, places, 999, &fraction)))
		return false;
	for (; dot && places < 3; places++)
		fraction *= 10;
	if (seconds * 1000 + fraction > max_ms)
		return false;
	*out_ms = seconds * 1000 + fraction;
	return true;
}

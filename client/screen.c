/* screen.c - widths of characters, and texts made fit for a terminal.
 *
 * A width by wcwidth(3) would need a locale that is installed, which a static program in an
 * initramfs has not: so the ranges are a table here. */
#include "client/screen.h"

#include <stdbool.h>
#include <string.h>

#include "client/widths.h"

#define LENGTH(a) (sizeof(a) / sizeof *(a))

/* The code point of a well-formed sequence of len bytes. */
static uint32_t point_of(const char *s, size_t len)
{
	const unsigned char *u = (const unsigned char *)s;
	uint32_t point = len == 1 ? u[0] : u[0] & (0x7fu >> len);

	for (size_t i = 1; i < len; i++)
		point = point << 6 | (u[i] & 0x3fu);
	return point;
}

/* ---- widths ---- */

static bool is_in(const struct width_range *r, size_t n, uint32_t low)
{
	size_t from = 0;

	while (from < n) {
		size_t middle = from + (n - from) / 2;

		if (low > r[middle].last)
			from = middle + 1;
		else if (low < r[middle].first)
			n = middle;
		else
			return true;
	}
	return false;
}

static size_t width_of(uint32_t point)
{
	uint32_t low = point & 0xffff;

	switch (point >> 16) {
	case 0:
		return is_in(none_0, LENGTH(none_0), low) ? 0 : is_in(two_0, LENGTH(two_0), low) ? 2 : 1;
	case 1:
		return is_in(none_1, LENGTH(none_1), low) ? 0 : is_in(two_1, LENGTH(two_1), low) ? 2 : 1;
	case 2:
	case 3: return 2; /* ideographs */
	case 14: return 0; /* tags, and which variant of a character is meant */
	default: return 1;
	}
}

size_t screen_width(const char *s)
{
	size_t left = strlen(s), columns = 0, len;

	for (; left; s += len, left -= len) {
		len = utf8_length(s, left);
		columns += len > 1 ? width_of(point_of(s, len)) : 1;
		len = len ? len : 1;
	}
	return columns;
}

/* ---- texts ---- */

static bool turns(uint32_t point)
{
	return point == 0x61c || point == 0x200e || point == 0x200f
	       || (point >= 0x202a && point <= 0x202e) || (point >= 0x2066 && point <= 0x2069);
}

/* The length of what turns the direction at s, or 0. */
static size_t turning_length(const char *s, size_t n)
{
	size_t len = utf8_length(s, n);

	return len > 1 && turns(point_of(s, len)) ? len : 0;
}

void screen_name(struct text *out, const char *s, size_t n, enum cinit_charset set)
{
	size_t from = 0;

	for (size_t i = 0; i < n;) {
		size_t len = turning_length(s + i, n - i);

		if (len) {
			text_name(out, s + from, i - from, set == CINIT_UTF8);
			text_name(out, s + i, len, false);
			from = i + len;
		}
		i += len ? len : 1;
	}
	text_name(out, s + from, n - from, set == CINIT_UTF8);
}

void screen_lines(struct text *out, const char *s, size_t n, enum cinit_charset set)
{
	size_t from = 0;

	for (size_t i = 0; i < n; i++)
		if (s[i] == '\n' || s[i] == '\t') {
			screen_name(out, s + from, i - from, set);
			text_char(out, s[i]);
			from = i + 1;
		}
	screen_name(out, s + from, n - from, set);
}

void screen_text(struct text *out, const char *s, enum cinit_charset set)
{
	size_t left = strlen(s);

	while (left) {
		bool plain = !(*s & 0x80) || (set == CINIT_UTF8 && !turning_length(s, left));
		size_t len = utf8_length(s, left);

		len = len ? len : 1;
		if (plain)
			text_mem(out, s, len);
		else
			text_name(out, s, len, false);
		s += len;
		left -= len;
	}
}

static void put_hex(struct text *out, uint32_t point)
{
	text_str(out, "\\u");
	for (int shift = 12; shift >= 0; shift -= 4)
		text_char(out, "0123456789abcdef"[point >> shift & 15]);
}

void screen_json(struct text *out, const char *s, size_t n)
{
	char one[16]; /* a character in quotes, escaped */
	struct text t;

	text_char(out, '"');
	for (size_t i = 0; i < n;) {
		size_t len = utf8_length(s + i, n - i);

		len = len ? len : 1;
		text_init(&t, one, sizeof one);
		text_json(&t, s + i, len);
		if (turning_length(s + i, len))
			put_hex(out, point_of(s + i, len));
		else
			text_mem(out, one + 1, t.len - 2);
		i += len;
	}
	text_char(out, '"');
}

/* text-unit.c - unit tests of ipc/text.c, ipc/record.c and ipc/describe.c: a line "ok - what" or
 * "not ok - what" for each, and exit code 1 if any is not. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ipc/describe.h"
#include "ipc/record.h"
#include "ipc/text.h"
#include "test/tools/unit.h"

static bool same(const struct text *t, const char *s)
{
	return t->len == strlen(s) && memcmp(t->buf, s, t->len + 1) == 0;
}

/* ---- the writer ---- */

enum { CAP_MAX = 80, GUARD = 0x5a };

/* Writes everything that the writer can write, into a buffer of this capacity
 * between guards; true if it kept its promises against `whole`. */
static bool in_capacity(size_t cap, const char *whole, void (*write_all)(struct text *t))
{
	char buf[1 + CAP_MAX + 1];
	size_t n = strlen(whole), kept = n < cap ? n : cap - 1;
	struct text t;

	memset(buf, GUARD, sizeof buf);
	text_init(&t, buf + 1, cap);
	write_all(&t);
	return buf[0] == GUARD && buf[1 + cap] == GUARD && t.len == kept
	       && memcmp(buf + 1, whole, kept) == 0 && buf[1 + kept] == '\0' && t.cut == (n >= cap);
}

static void write_all(struct text *t)
{
	text_str(t, "abc");
	text_char(t, ' ');
	text_u64(t, 18446744073709551615u);
	text_i64(t, INT64_MIN);
	text_u64_wide(t, 7, 3);
	text_seconds(t, -1234, 1);
	text_repeat(t, '.', 3);
	text_mem(t, "xyz", 2);
}

static void every_capacity(void)
{
	static const char whole[] = "abc 18446744073709551615-9223372036854775808007-1.2...xy";

	for (size_t cap = 1; cap <= CAP_MAX; cap++)
		CHECK(in_capacity(cap, whole, write_all));
}

static void write_name(struct text *t)
{
	text_name(t, "a\n\xc3\xa4\xff\\", 6, true);
}

static void write_json(struct text *t)
{
	text_json(t, "a\"\n\xc3\xa4\xff", 6);
}

static void every_capacity_escaped(void)
{
	for (size_t cap = 1; cap <= CAP_MAX; cap++) {
		CHECK(in_capacity(cap, "a\\x0a\xc3\xa4\\xff\\x5c", write_name));
		CHECK(in_capacity(cap, "\"a\\\"\\u000a\xc3\xa4\\udcff\"", write_json));
	}
}

static void clearing(void)
{
	char buf[4];
	struct text t;

	text_init(&t, buf, sizeof buf);
	text_str(&t, "abcd");
	CHECK(t.cut && same(&t, "abc"));
	text_clear(&t);
	CHECK(!t.cut && same(&t, ""));
	text_str(&t, "");
	text_mem(&t, "x", 0);
	CHECK(!t.cut && same(&t, ""));
	text_str(&t, "abc");
	CHECK(!t.cut && same(&t, "abc"));
}

static void numbers(void)
{
	static const struct { uint64_t v; unsigned width; const char *text; } table[] = {
		{0, 0, "0"}, {0, 1, "0"}, {0, 3, "000"}, {9, 1, "9"}, {10, 1, "10"}, {10, 3, "010"},
		{1000, 3, "1000"}, {UINT64_MAX, 1, "18446744073709551615"},
		{1, 20, "00000000000000000001"}, {1, 40, "00000000000000000001"},
	};
	char buf[64];
	struct text t;

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		text_init(&t, buf, sizeof buf);
		text_u64_wide(&t, table[i].v, table[i].width);
		CHECK(same(&t, table[i].text));
	}
	text_init(&t, buf, sizeof buf);
	text_i64(&t, INT64_MIN);
	CHECK(same(&t, "-9223372036854775808"));
	text_clear(&t);
	text_i64(&t, INT64_MAX);
	CHECK(same(&t, "9223372036854775807"));
}

static void seconds(void)
{
	static const struct { int64_t ms; unsigned places; const char *text; } table[] = {
		{0, 0, "0"}, {0, 3, "0.000"}, {999, 0, "0"}, {999, 1, "0.9"}, {999, 2, "0.99"},
		{999, 3, "0.999"}, {1005, 2, "1.00"}, {1005, 3, "1.005"}, {-1, 3, "-0.001"},
		{-61000, 1, "-61.0"}, {INT64_MIN, 3, "-9223372036854775.808"},
	};
	char buf[64];
	struct text t;

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		text_init(&t, buf, sizeof buf);
		text_seconds(&t, table[i].ms, table[i].places);
		CHECK(same(&t, table[i].text));
	}
}

static void to_descriptor(void)
{
	char buf[CAP_MAX], got[CAP_MAX];
	int fds[2];
	struct text t;

	for (size_t cap = 2; cap <= CAP_MAX; cap++) {
		ssize_t n;

		CHECK(pipe(fds) == 0);
		text_init_fd(&t, buf, cap, fds[1]);
		write_all(&t);
		CHECK(text_flush(&t) == 0 && !t.cut && t.len == 0);
		n = read(fds[0], got, sizeof got);
		CHECK(n == 56 && memcmp(got, "abc 18446744073709551615-9223372036854775808007-1.2...xy", 56) == 0);
		close(fds[0]);
		close(fds[1]);
	}
	text_init_fd(&t, buf, 4, -1);
	text_str(&t, "abcdef");
	CHECK(t.cut && same(&t, "abc"));
	text_init_fd(&t, buf, 4, fds[1]); /* closed */
	text_str(&t, "abcdef");
	CHECK(t.cut);
}

/* ---- UTF-8 ---- */

struct bytes {
	const char *s;
	size_t n, length;
};

static void utf8(void)
{
	static const struct bytes table[] = {
		{"", 0, 0}, {"a", 1, 1}, {"\x7f", 1, 1}, {"\x80", 1, 0}, {"\xbf", 1, 0},
		{"\xc2\xa0", 2, 2}, {"\xc3\xa4", 2, 2}, {"\xc3", 1, 0}, {"\xc3\xa4", 1, 0},
		{"\xc3\x28", 2, 0}, {"\xdf\xbf", 2, 2},
		/* overlong */
		{"\xc0\x80", 2, 0}, {"\xc1\xbf", 2, 0}, {"\xe0\x80\xaf", 3, 0}, {"\xe0\x9f\xbf", 3, 0},
		{"\xf0\x80\x80\xaf", 4, 0}, {"\xf0\x8f\xbf\xbf", 4, 0},
		/* control characters from 0x80 on: a terminal may obey them */
		{"\xc2\x80", 2, 0}, {"\xc2\x9b", 2, 0}, {"\xc2\x9f", 2, 0},
		{"\xe0\xa0\x80", 3, 3}, {"\xe2\x82\xac", 3, 3}, {"\xe2\x82", 2, 0}, {"\xef\xbf\xbf", 3, 3},
		/* surrogates */
		{"\xed\x9f\xbf", 3, 3}, {"\xed\xa0\x80", 3, 0}, {"\xed\xbf\xbf", 3, 0}, {"\xee\x80\x80", 3, 3},
		{"\xf0\x90\x80\x80", 4, 4}, {"\xf0\x9f\x98\x80", 4, 4}, {"\xf4\x8f\xbf\xbf", 4, 4},
		/* too high */
		{"\xf4\x90\x80\x80", 4, 0}, {"\xf5\x80\x80\x80", 4, 0}, {"\xff", 1, 0}, {"\xfe\xbf\xbf\xbf", 4, 0},
	};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		char *exact = malloc(table[i].n + 1); /* so that a checker sees reads behind it */

		CHECK(exact != NULL);
		if (!exact)
			return;
		memcpy(exact + 1, table[i].s, table[i].n);
		if (utf8_length(exact + 1, table[i].n) != table[i].length)
			printf("# row %zu\n", i);
		CHECK(utf8_length(exact + 1, table[i].n) == table[i].length);
		free(exact);
	}
}

static bool name_is(const char *s, size_t n, bool is_utf8, const char *shown)
{
	char buf[128];
	struct text t;

	text_init(&t, buf, sizeof buf);
	text_name(&t, s, n, is_utf8);
	return same(&t, shown);
}

static void names(void)
{
	CHECK(name_is("getty/1", 7, true, "getty/1"));
	CHECK(name_is("a b", 3, false, "a b"));
	CHECK(name_is("\0", 1, true, "\\x00"));
	CHECK(name_is("\x1b[31m", 5, true, "\\x1b[31m"));
	CHECK(name_is("\x7f", 1, true, "\\x7f"));
	CHECK(name_is("a\\b", 3, true, "a\\x5cb"));
	CHECK(name_is("\xc3\xa4", 2, true, "\xc3\xa4"));
	CHECK(name_is("\xc3\xa4", 2, false, "\\xc3\\xa4"));
	CHECK(name_is("\xe4", 1, true, "\\xe4"));
	CHECK(name_is("\xc3", 1, true, "\\xc3"));
	CHECK(name_is("\xc2\x9b", 2, true, "\\xc2\\x9b"));
	CHECK(name_is("\xe2\x82\xac!", 4, true, "\xe2\x82\xac!"));
}

static bool json_is(const char *s, size_t n, const char *shown)
{
	char buf[128];
	struct text t;

	text_init(&t, buf, sizeof buf);
	text_json(&t, s, n);
	return same(&t, shown);
}

static void json(void)
{
	CHECK(json_is("", 0, "\"\""));
	CHECK(json_is("a/b", 3, "\"a/b\""));
	CHECK(json_is("\"\\", 2, "\"\\\"\\\\\""));
	CHECK(json_is("\0\n\x1f\x7f", 4, "\"\\u0000\\u000a\\u001f\\u007f\""));
	CHECK(json_is("\xc3\xa4", 2, "\"\xc3\xa4\""));
	CHECK(json_is("\xe4", 1, "\"\\udce4\""));
	CHECK(json_is("\xed\xa0\x80", 3, "\"\\udced\\udca0\\udc80\""));
	CHECK(json_is("\xc3", 1, "\"\\udcc3\""));
}

/* ---- the parser ---- */

static bool u64_is(const char *s, uint64_t max, bool ok, uint64_t v)
{
	uint64_t out = 4711;
	bool r = parse_u64(s, strlen(s), max, &out);

	return r == ok && out == (ok ? v : 4711);
}

static void whole_numbers(void)
{
	CHECK(u64_is("0", 0, true, 0));
	CHECK(u64_is("007", 7, true, 7));
	CHECK(u64_is("8", 7, false, 0));
	CHECK(u64_is("18446744073709551615", UINT64_MAX, true, UINT64_MAX));
	CHECK(u64_is("18446744073709551616", UINT64_MAX, false, 0));
	CHECK(u64_is("18446744073709551625", UINT64_MAX, false, 0));
	CHECK(u64_is("99999999999999999999", UINT64_MAX, false, 0));
	CHECK(u64_is("184467440737095516150", UINT64_MAX, false, 0));
	for (const char *const *s = (const char *const[]){"", "-1", "+1", " 1", "1 ", "1\n", "0x1", "1e3",
	                                                  "a", "/", ":", "\xb2", NULL}; *s; s++)
		CHECK(u64_is(*s, UINT64_MAX, false, 0));
}

static void only_n_bytes(void)
{
	uint64_t v = 0;

	CHECK(parse_u64("123", 2, 100, &v) && v == 12);
	CHECK(!parse_u64("1\0", 2, 100, &v));
	CHECK(parse_seconds("1.5", 1, 10000, &v) && v == 1000);
	CHECK(parse_seconds("1.55", 3, 10000, &v) && v == 1500);
}

static bool seconds_is(const char *s, uint64_t max_ms, bool ok, uint64_t ms)
{
	uint64_t out = 4711;
	bool r = parse_seconds(s, strlen(s), max_ms, &out);

	return r == ok && out == (ok ? ms : 4711);
}

static void times(void)
{
	CHECK(seconds_is("0", 0, true, 0));
	CHECK(seconds_is("1", 1000, true, 1000));
	CHECK(seconds_is("1", 999, false, 0));
	CHECK(seconds_is("1.5", 1500, true, 1500));
	CHECK(seconds_is("1.501", 1500, false, 0));
	CHECK(seconds_is("0.001", 1, true, 1));
	CHECK(seconds_is("0.01", 10, true, 10));
	CHECK(seconds_is("0.010", 10, true, 10));
	CHECK(seconds_is("18446744073709550", UINT64_MAX, true, 18446744073709550000u));
	CHECK(seconds_is("18446744073709551", UINT64_MAX, false, 0));
	CHECK(seconds_is("18446744073709551616", UINT64_MAX, false, 0));
	for (const char *const *s = (const char *const[]){"", ".", "1.", ".5", "1.2345", "1.0000", "1..2",
	                                                  "1.2.3", "-1", "1,5", "1.-5", "1 ", "inf", NULL}; *s; s++)
		CHECK(seconds_is(*s, UINT64_MAX, false, 0));
}

/* ---- records ---- */

static struct ipc_item item_of(size_t name_len, size_t detail_len)
{
	struct ipc_item i;

	memset(&i, 0, sizeof i);
	i.state = SVC_BLOCKED;
	i.why = WHY_CULPRIT;
	i.flags = ITEM_WISH | ITEM_RESPAWN;
	i.crashes = 255;
	i.other_state = SVC_FAILED;
	i.end = (struct end){END_SPAWN, STEP_EXEC, 2};
	i.other_end = (struct end){END_SIGNAL, 0, 9};
	i.pid = 0x7fffffff;
	i.since_ms = INT64_MAX;
	i.deadline_ms = 1;
	i.name_len = (uint8_t)name_len;
	i.detail_len = (uint8_t)detail_len;
	memset(i.name, 'n', name_len);
	memset(i.detail, 'd', detail_len);
	return i;
}

static bool same_end(const struct end *a, const struct end *b)
{
	return a->kind == b->kind && a->step == b->step && a->code == b->code;
}

static bool same_item(const struct ipc_item *a, const struct ipc_item *b)
{
	return a->state == b->state && a->why == b->why && a->flags == b->flags
	       && a->crashes == b->crashes && a->other_state == b->other_state
	       && same_end(&a->end, &b->end) && same_end(&a->other_end, &b->other_end)
	       && a->pid == b->pid && a->since_ms == b->since_ms && a->deadline_ms == b->deadline_ms
	       && a->name_len == b->name_len && a->detail_len == b->detail_len
	       && strcmp(a->name, b->name) == 0 && strcmp(a->detail, b->detail) == 0;
}

static void round_trip(void)
{
	for (size_t n = 0; n <= 255; n++) {
		struct ipc_record r;
		struct ipc_item in[3] = {item_of(n, 255 - n), item_of(255 - n, 0), item_of(0, n)}, out;
		size_t cursor = 0;

		record_init(&r);
		for (int i = 0; i < 3; i++)
			CHECK(record_put_item(&r, &in[i]));
		CHECK(r.n_items == 3);
		for (int i = 0; i < 3; i++) {
			memset(&out, GUARD, sizeof out);
			CHECK(record_get_item(&r, &cursor, &out));
			CHECK(same_item(&in[i], &out));
		}
		CHECK(cursor == r.payload_len);
		CHECK(!record_get_item(&r, &cursor, &out));
	}
}

static void full(void)
{
	struct ipc_record r, before;
	struct ipc_item item = item_of(255, 255), out;
	size_t cursor = 0;
	int n = 0;

	record_init(&r);
	while (before = r, record_put_item(&r, &item))
		n++;
	CHECK(n == 1 && r.n_items == 1);
	CHECK(memcmp(&r, &before, sizeof r) == 0);
	item = item_of(1, 0);
	while (before = r, record_put_item(&r, &item))
		n++;
	CHECK(memcmp(&r, &before, sizeof r) == 0);
	CHECK(r.payload_len <= sizeof r.payload && r.n_items == n);
	while (record_get_item(&r, &cursor, &out))
		n--;
	CHECK(n == 0);
}

/* The payload of one item, cut at each length: it is read whole or not at all. */
static void truncated(void)
{
	struct ipc_item item = item_of(7, 5), out;
	struct ipc_record whole;

	record_init(&whole);
	CHECK(record_put_item(&whole, &item));
	for (uint16_t n = 0; n <= whole.payload_len; n++) {
		struct ipc_record r = whole;
		size_t cursor = 0;

		memset(r.payload + n, 0xff, sizeof r.payload - n);
		r.payload_len = n;
		CHECK(record_get_item(&r, &cursor, &out) == (n == whole.payload_len));
		CHECK(cursor <= n);
	}
}

/* Lengths inside that say more than there is. */
static void lies(void)
{
	struct ipc_item item = item_of(77, 55), out;
	struct ipc_record whole;
	int found = 0;

	record_init(&whole);
	CHECK(record_put_item(&whole, &item));
	for (size_t at = 0; at < 40; at++) {
		uint8_t is = whole.payload[at];

		if (is != 77 && is != 55)
			continue;
		for (unsigned v = 0; v <= 255; v++) {
			struct ipc_record r = whole;
			size_t cursor = 0;
			bool got;

			r.payload[at] = (uint8_t)v;
			got = record_get_item(&r, &cursor, &out);
			CHECK(cursor <= r.payload_len);
			CHECK(got == (v <= is) || r.payload[at] == 0);
			if (got)
				CHECK(strlen(out.name) <= out.name_len && strlen(out.detail) <= out.detail_len);
		}
		found++;
	}
	CHECK(found == 2);
}

static void cursor_off(void)
{
	struct ipc_item item = item_of(7, 5), out;
	struct ipc_record r;

	record_init(&r);
	CHECK(record_put_item(&r, &item));
	for (size_t at = r.payload_len; at < r.payload_len + 100u; at++) {
		size_t cursor = at;

		CHECK(!record_get_item(&r, &cursor, &out));
	}
}

static struct ipc_record good(void)
{
	struct ipc_record r;

	record_init(&r);
	r.id = 1;
	r.verb = VERB_LIST;
	return r;
}

static enum record_fault fault_of(void (*spoil)(struct ipc_record *r))
{
	struct ipc_record r = good();

	spoil(&r);
	return record_check(&r, sizeof r);
}

static void spoil_magic(struct ipc_record *r) { r->magic = 0x63696e69; }
static void spoil_version(struct ipc_record *r) { r->version++; }
static void spoil_size(struct ipc_record *r) { r->size--; }
static void spoil_id(struct ipc_record *r) { r->id = 0; }
static void spoil_payload_len(struct ipc_record *r) { r->payload_len = sizeof r->payload + 1; }
static void spoil_expires(struct ipc_record *r) { r->expires_ms = -1; }
static void spoil_answer_by(struct ipc_record *r) { r->answer_by_ms = INT64_MIN; }

static void checks(void)
{
	struct ipc_record r = good();

	CHECK(record_check(&r, sizeof r) == RECORD_FINE);
	for (size_t n = 0; n < 3 * sizeof r; n++)
		CHECK((record_check(&r, n) == RECORD_SIZE) == (n != sizeof r));
	CHECK(fault_of(spoil_magic) == RECORD_MAGIC);
	CHECK(fault_of(spoil_version) == RECORD_VERSION);
	CHECK(fault_of(spoil_size) == RECORD_VERSION);
	CHECK(fault_of(spoil_id) == RECORD_FIELD);
	CHECK(fault_of(spoil_payload_len) == RECORD_FIELD);
	CHECK(fault_of(spoil_expires) == RECORD_FIELD);
	CHECK(fault_of(spoil_answer_by) == RECORD_FIELD);
	r.payload_len = sizeof r.payload;
	CHECK(record_check(&r, sizeof r) == RECORD_FINE);
}

static void request_names(void)
{
	char name[300];
	struct ipc_record r = good();

	memset(name, 'x', sizeof name);
	CHECK(record_set_name(&r, name, 0) && r.payload_len == 0);
	CHECK(record_set_name(&r, name, 255) && r.payload_len == 255);
	CHECK(!record_set_name(&r, name, 256) && r.payload_len == 255);
	CHECK(memcmp(r.payload, name, 255) == 0 && r.payload[255] == 0);
}

/* ---- reasons in words ---- */

static bool says(const struct ipc_item *item, const char *words)
{
	char buf[200];
	struct text t;

	text_init(&t, buf, sizeof buf);
	describe_why(&t, item, 1000, true);
	return same(&t, words);
}

static void late_words(void)
{
	struct ipc_item i = {.state = SVC_LATE, .why = WHY_LATE, .deadline_ms = 3500};

	CHECK(says(&i, "was not up in time, KILL in 2.5 s"));
	strcpy(i.detail, "5 s");
	i.detail_len = 3;
	CHECK(says(&i, "was not up within 5 s, KILL in 2.5 s"));
	i.state = SVC_LATE_KILLED; /* its deadline is when it is said again */
	CHECK(says(&i, "was not up within 5 s"));
	i.state = SVC_BACKOFF;
	i.deadline_ms = 1100;
	CHECK(says(&i, "was not up within 5 s, again in 0.1 s"));
	i.state = SVC_FAILED;
	CHECK(says(&i, "was not up within 5 s"));
	i = (struct ipc_item){.state = SVC_STARTING, .why = WHY_READY, .deadline_ms = 3500};
	CHECK(says(&i, "has not said that it is ready"));
}

static bool time_is(int64_t ms, const char *words)
{
	char buf[40];
	struct text t;

	text_init(&t, buf, sizeof buf);
	describe_time(&t, ms);
	return same(&t, words);
}

static void time_words(void)
{
	CHECK(time_is(5000, "5 s") && time_is(0, "0 s") && time_is(2500, "2.5 s"));
	CHECK(time_is(50, "0.05 s") && time_is(1001, "1.001 s") && time_is(4294967295, "4294967.295 s"));
}

static void state_words(void)
{
	for (unsigned state = 0; state < SVC_N_STATES; state++)
		for (unsigned other = 0; other < state; other++)
			CHECK(strcmp(state_detail(state), state_detail(other)) != 0);
	CHECK(strcmp(state_word(SVC_LATE), "stopping") == 0);
	CHECK(strcmp(state_word(SVC_LATE_KILLED), "stopping") == 0);
	for (unsigned step = 0; step < STEP_N; step++)
		CHECK(strcmp(step_word(step), "?") != 0);
}

int main(void)
{
	test("the writer keeps to every capacity, ends in NUL and says when it cut", every_capacity);
	test("escaped names and JSON keep to every capacity", every_capacity_escaped);
	test("a cleared text begins anew, and writing nothing cuts nothing", clearing);
	test("whole numbers are written in full", numbers);
	test("seconds are cut, not rounded", seconds);
	test("a text with a descriptor loses nothing at any capacity", to_descriptor);
	test("UTF-8: overlong, surrogate, high, cut and control sequences are none", utf8);
	test("names show control bytes, backslashes and broken sequences as \\xNN", names);
	test("JSON strings are escaped, and bytes that are no UTF-8 are kept apart", json);
	test("parse_u64 takes digits only, up to its maximum", whole_numbers);
	test("the parsers look at n bytes and no more", only_n_bytes);
	test("parse_seconds takes up to three decimals, up to its maximum", times);
	test("items of every length of name and detail come back as they went in", round_trip);
	test("an item that does not fit changes nothing", full);
	test("a payload that is cut anywhere is read whole or not at all", truncated);
	test("lengths that lie in a payload read nothing behind it", lies);
	test("a cursor behind the payload finds nothing", cursor_off);
	test("a record is checked for size, magic, version and every range", checks);
	test("a name longer than 255 bytes is not set", request_names);
	test("who is late says within what time it was not up, and what comes next", late_words);
	test("times have the decimals that they need", time_words);
	test("every state and every step of a spawn has a word", state_words);
	return failures != 0;
}

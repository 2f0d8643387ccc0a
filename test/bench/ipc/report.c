/* report.c - the table that a person reads, then the limits.  Measures nothing. */
#include "test/bench/ipc/host.h"
#include "test/bench/ipc/plan.h"
#include "test/bench/samples.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define TITLE 26
#define CELL 20
#define CELL_CAP 64

static FILE *out(void)
{
	return samples_file();
}

/* ---- cells ---- */

static void number(char *buf, size_t cap, double v)
{
	int places = fabs(v) < 9.995 ? 2 : fabs(v) < 99.95 ? 1 : 0;

	if (fabs(v) >= 99950)
		snprintf(buf, cap, "%.0fk", v / 1000);
	else if (v == floor(v))
		snprintf(buf, cap, "%.0f", v);
	else
		snprintf(buf, cap, "%.*f", places, v);
}

/* A median, and within which bounds four of five samples lie. */
static void cell(char buf[CELL_CAP], const char *what, const char *who)
{
	double median = sample_median(what, who);
	char mid[16], low[16], high[16];

	if (isnan(median)) {
		snprintf(buf, CELL_CAP, "-");
		return;
	}
	number(mid, sizeof mid, median);
	if (sample_count(what, who) < 2) {
		snprintf(buf, CELL_CAP, "%s", mid);
		return;
	}
	number(low, sizeof low, sample_quantile(what, who, 0.1));
	number(high, sizeof high, sample_quantile(what, who, 0.9));
	snprintf(buf, CELL_CAP, "%s (%s-%s)", mid, low, high);
}

static void put_title(const char *title)
{
	fprintf(out(), "%-*s", TITLE, title);
}

static void put_cell(const char *text)
{
	fprintf(out(), " %*s", CELL, text);
}

static void put_row(const char *title, const char *what)
{
	char buf[CELL_CAP];

	put_title(title);
	for (size_t i = 0; i < n_hosts; i++) {
		cell(buf, what, hosts[i].method);
		put_cell(buf);
	}
	fprintf(out(), "\n");
}

/* ---- rows with their mechanisms ---- */

static void put_bare(const char *what)
{
	char buf[CELL_CAP];

	put_title("  bare mechanism");
	for (size_t i = 0; i < n_hosts; i++) {
		cell(buf, what, hosts[i].bare_name);
		put_cell(buf);
	}
	fprintf(out(), "\n");
}

static void put_ratio(const char *title, const char *what, const char *base)
{
	char buf[CELL_CAP];

	put_title(title);
	for (size_t i = 0; i < n_hosts; i++) {
		double of = sample_median(what, base ? base : hosts[i].bare_name);

		snprintf(buf, sizeof buf, "%.2f", sample_median(what, hosts[i].method) / of);
		put_cell(isnan(of) ? "-" : buf);
	}
	fprintf(out(), "\n");
}

static void put_compared(const char *title, const char *what)
{
	put_row(title, what);
	put_bare(what);
	put_ratio("  ratio", what, NULL);
}

static void put_true(const char *what)
{
	char buf[CELL_CAP];

	cell(buf, what, "true");
	put_title("  running true");
	put_cell(buf);
	fprintf(out(), "\n");
	put_ratio("  ratio", what, "true");
}

static void put_head(const char *title)
{
	fprintf(out(), "\n");
	put_title(title);
	for (size_t i = 0; i < n_hosts; i++)
		put_cell(hosts[i].method);
	fprintf(out(), "\n");
}

/* ---- the table ---- */

static void put_place(enum place place)
{
	char what[QUANTITY], title[QUANTITY], head[QUANTITY];

	snprintf(head, sizeof head, "BOTH SIDES ON %s", place == ONE_CORE ? "ONE CORE" : "TWO CORES");
	put_head(head);
	put_compared("round trip p50, us", quantity(what, TRIP_50, place));
	put_compared("round trip p99, us", quantity(what, TRIP_99, place));
	put_compared("server CPU/request, us", quantity(what, SERVER_CPU, place));
	for (unsigned i = 0; i < N_CROWDS; i++) {
		char rate[QUANTITY];

		snprintf(rate, sizeof rate, RATE " %u", crowds[i]);
		snprintf(title, sizeof title, "requests/s, %u client%s", crowds[i], crowds[i] == 1 ? "" : "s");
		put_compared(title, quantity(what, rate, place));
	}
	put_row("cinit.svc status, us", quantity(what, STATUS, place));
	put_true(what);
}

static void put_kernel_memory(void)
{
	put_title("kernel memory, at most");
	for (size_t i = 0; i < n_hosts; i++)
		put_cell(hosts[i].kernel_memory);
	fprintf(out(), "\n");
}

static void put_weights(const char *when)
{
	static const struct { const char *title, *what; } rows[] = {
		{ "server PSS, KB", PSS }, { "server descriptors", DESCRIPTORS },
		{ "files in RUNDIR", FILES }, { "System V objects", OBJECTS },
	};
	char what[QUANTITY];

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		snprintf(what, sizeof what, "%s%s", rows[i].what, when);
		put_row(rows[i].title, what);
	}
}

static void put_calls(void)
{
	static const char *const whose[N_CALLS_OF] = { "client", "server", "status" };

	put_row("  of the client", CALLS_CLIENT);
	put_row("  of the server", CALLS_SERVER);
	put_row("status, whole process", CALLS_STATUS);
	for (size_t i = 0; i < n_hosts; i++)
		for (enum calls_of k = CALLS_OF_CLIENT; k < N_CALLS_OF; k++)
			fprintf(out(), "%-7s %s: %s\n", hosts[i].method, whose[k], calls_in_words(i, k));
}

/* ---- what was to be reached ---- */

static void put_limits(void)
{
	char what[QUANTITY], title[QUANTITY];

	target_header();
	for (enum place place = ONE_CORE; place < N_PLACES; place++)
		for (size_t i = 0; i < n_hosts; i++) {
			snprintf(title, sizeof title, "%s p50, %s", hosts[i].method,
			         place == ONE_CORE ? "1 core" : "2 cores");
			target_print(&(const struct target){
				.title = title, .what = quantity(what, TRIP_50, place), .who = hosts[i].method,
				.unit = "us", .base_what = what, .base_who = hosts[i].bare_name,
				.base_title = hosts[i].bare ? hosts[i].bare->title : "-", .limit = 2.0 });
		}
	quantity(what, STATUS, ONE_CORE);
	for (size_t i = 0; i < n_hosts; i++) {
		snprintf(title, sizeof title, "%s status, 1 core", hosts[i].method);
		target_print(&(const struct target){
			.title = title, .what = what, .who = hosts[i].method, .unit = "us",
			.base_what = what, .base_who = "true", .base_title = "running true", .limit = 1.5 });
	}
}

void report_print(const struct ipc_plan *plan)
{
	fprintf(out(), "\nMedians of %u rounds of %u requests in turns; in brackets, where four of five lie.\n",
	        plan->rounds, plan->trips);
	for (enum place place = ONE_CORE; place < N_PLACES; place++)
		put_place(place);
	put_head("WHAT IT TAKES");
	put_row("look at the board, us", BOARD);
	put_row("server's wakes per status", WAKES);
	put_kernel_memory();
	put_weights("");
	put_head("WITH 64 CONNECTED CLIENTS");
	put_weights(CROWDED);
	put_head("SYSTEM CALLS PER REQUEST");
	put_calls();
	put_limits();
	fflush(out());
}

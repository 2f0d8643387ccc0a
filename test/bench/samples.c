/* samples.c - keeps samples, takes medians, prints tables.  It measures nothing. */
#include "test/bench/samples.h"

#include "test/bench/util.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SERIES_MAX 256 /* a full run of every experiment makes about 80; of IPC methods, 150 */
#define NAME_CAP 48

struct series {
	char what[NAME_CAP], who[NAME_CAP];
	double *values; /* sorted when a figure was asked for */
	size_t n, cap;
};

static struct series all[SERIES_MAX];
static size_t n_all;
static FILE *out;

void samples_output(FILE *f)
{
	out = f;
}

FILE *samples_file(void)
{
	return out;
}

static struct series *find(const char *what, const char *who)
{
	for (size_t i = 0; i < n_all; i++)
		if (strcmp(all[i].what, what) == 0 && strcmp(all[i].who, who) == 0)
			return &all[i];
	return NULL;
}

static struct series *make(const char *what, const char *who)
{
	struct series *s = &all[n_all];

	if (n_all == SERIES_MAX || strlen(what) >= NAME_CAP || strlen(who) >= NAME_CAP)
		die_why(what, who, "too many series, or too long a name");
	n_all++;
	memcpy(s->what, what, strlen(what) + 1);
	memcpy(s->who, who, strlen(who) + 1);
	return s;
}

void sample_add(const char *what, const char *who, double value)
{
	struct series *s = find(what, who);

	if (!s)
		s = make(what, who);
	if (s->n == s->cap) {
		size_t cap = s->cap ? 2 * s->cap : 16;
		double *values = realloc(s->values, cap * sizeof *values);

		if (!values)
			die(what, "keeping a sample");
		s->values = values;
		s->cap = cap;
	}
	s->values[s->n++] = value;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(struct series *s)
{
	qsort(s->values, s->n, sizeof *s->values, by_value);
	if (s->n % 2)
		return s->values[s->n / 2];
	return (s->values[s->n / 2 - 1] + s->values[s->n / 2]) / 2;
}

double sample_median(const char *what, const char *who)
{
	struct series *s = find(what, who);

	return s ? median(s) : (double)NAN;
}

size_t sample_count(const char *what, const char *who)
{
	struct series *s = find(what, who);

	return s ? s->n : 0;
}

double sample_quantile(const char *what, const char *who, double part)
{
	struct series *s = find(what, who);

	if (!s)
		return (double)NAN;
	qsort(s->values, s->n, sizeof *s->values, by_value);
	return s->values[(size_t)(part * (double)(s->n - 1) + 0.5)];
}

const char *sample_best(const char *what, const char *const *who, size_t n)
{
	const char *best = NULL;

	for (size_t i = 0; i < n; i++) {
		double m = sample_median(what, who[i]);

		if (!isnan(m) && (!best || m < sample_median(what, best)))
			best = who[i];
	}
	return best;
}

static void print_ratio(double value, double base)
{
	if (isnan(base) || base <= 0)
		fprintf(out, "\n");
	else
		fprintf(out, " %7.2f\n", value / base);
}

void samples_print(const char *what, const char *unit, const char *base)
{
	double of_base = base ? sample_median(what, base) : (double)NAN;
	bool headed = false;

	for (size_t i = 0; i < n_all; i++) {
		struct series *s = &all[i];
		double m;

		if (strcmp(s->what, what) != 0)
			continue;
		if (!headed)
			fprintf(out, "\n%-32s %10s %10s %10s%s%s\n", what, unit, "least", "most",
			        base ? "   over " : "", base ? base : "");
		headed = true;
		m = median(s);
		fprintf(out, "  %-30s %10.3f %10.3f %10.3f", s->who, m, s->values[0],
		        s->values[s->n - 1]);
		print_ratio(m, of_base);
	}
	fflush(out);
}

#define TARGET_ROW "%-22s %10s  %-30s %10s %7s %8s  %s\n"

void target_header(void)
{
	fprintf(out, "\n" TARGET_ROW, "what", "measured", "compared with", "", "ratio", "to reach", "");
}

static void number(char *buf, size_t cap, double v, int places, const char *unit)
{
	if (isnan(v))
		snprintf(buf, cap, "-");
	else
		snprintf(buf, cap, "%.*f%s%s", places, v, *unit ? " " : "", unit);
}

void target_print(const struct target *t)
{
	double value = sample_median(t->what, t->who), base = (double)NAN, judged = value;
	int places = strcmp(t->unit, "ms") == 0 ? 3 : strcmp(t->unit, "us") == 0 ? 2 : 0;
	char measured[32], with[32], ratio[32] = "-", limit[32] = "-";
	const char *verdict = "-";

	if (t->base_what) {
		base = t->base_who ? sample_median(t->base_what, t->base_who) : (double)NAN;
		judged = value / base;
		number(ratio, sizeof ratio, judged, 2, "");
	}
	number(measured, sizeof measured, value, places, t->unit);
	number(with, sizeof with, base, places, t->unit);
	if (t->limit >= 0) {
		number(limit, sizeof limit, t->limit, t->base_what ? 2 : 0,
		       t->base_what ? "" : t->unit);
		verdict = judged <= t->limit ? "ok" : "short";
	}
	if (isnan(judged))
		verdict = "not measured";
	fprintf(out, TARGET_ROW, t->title, measured, t->base_title, with, ratio, limit, verdict);
	fflush(out);
}

/* samples.h - what was measured, and the tables that people read.
 *
 * A series is named by what was measured ("flat 1000: start") and of whom
 * ("cinit").  It keeps its samples; the figure of a series is their median.
 * Series are printed in the order of their first sample.
 */
#ifndef BENCH_SAMPLES_H
#define BENCH_SAMPLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Where the tables go. */
void samples_output(FILE *f);
FILE *samples_file(void);

void sample_add(const char *what, const char *who, double value);
/* NAN without samples. */
double sample_median(const char *what, const char *who);
size_t sample_count(const char *what, const char *who);
/* That below which this part (0 to 1) of the samples lies.  NAN without samples. */
double sample_quantile(const char *what, const char *who, double part);
/* The least median of the n names, or NULL when none was measured. */
const char *sample_best(const char *what, const char *const *who, size_t n);
/* One row for each series of `what`: median, least, most, ratio to the median
 * of `base` (NULL: no ratios).  Nothing where nothing was measured. */
void samples_print(const char *what, const char *unit, const char *base);

/* One row of the last table. */
struct target {
	const char *title;      /* "1000 flat" */
	const char *what, *who; /* the measured series */
	const char *unit;
	const char *base_what;  /* NULL: the limit is absolute, in the unit */
	const char *base_who;   /* NULL: nothing was measured to compare with */
	const char *base_title; /* how the table names it */
	double limit;           /* negative: for orientation, no verdict */
};

void target_header(void);
/* "ok", "short", "-" (no limit), or "not measured". */
void target_print(const struct target *t);

#endif

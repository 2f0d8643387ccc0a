/* chart.h - bar charts as SVG 1.1, written without other tools.
 *
 * A picture is a grid of charts.  Its colours follow the reader's preference for
 * light or dark; where that is not known, light.  Text is escaped. */
#ifndef BENCH_IPC_CHART_H
#define BENCH_IPC_CHART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define CHART_GROUPS 8
#define CHART_BARS 3

/* One bar; NAN: none.  low and high: a whisker, where they differ; it may leave
 * the chart, whose height follows from the bars. */
struct bar {
	double value, low, high;
	char label[16]; /* above it */
	double mark;    /* a line across it: what it is compared with; NAN: none */
};

struct chart {
	const char *title, *unit;
	size_t n_groups, n_bars;             /* groups of so many bars */
	const char *groups[CHART_GROUPS];    /* below each group */
	const char *bars[CHART_BARS];        /* in the legend */
	struct bar bar[CHART_GROUPS][CHART_BARS];
	double limit;                        /* a line through all; NAN: none */
	const char *limit_title;
	bool compared;                       /* the second bar is what the first is compared with */
	const char *mark_title;              /* NULL: no marks */
};

void picture_begin(FILE *f, const char *title, const char *subtitle, unsigned rows);
/* The place-th chart, from left to right and down, two in a row. */
void picture_chart(FILE *f, unsigned place, const struct chart *c);
void picture_end(FILE *f);

#endif

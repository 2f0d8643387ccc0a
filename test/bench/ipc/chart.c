/* chart.c - axes, bars and words as SVG.  Knows nothing of what they mean. */
#include "test/bench/ipc/chart.h"

#include <math.h>

#define WIDTH 980
#define HEAD 84        /* title above the charts */
#define CELL_W 480     /* a chart with what belongs to it */
#define CELL_H 320
#define LEFT 62        /* room for the numbers of the axis */
#define TOP 62         /* for title and legend */
#define PLOT_W 396
#define PLOT_H 206
#define LEGEND_W 100
#define TICKS 5        /* about so many */

static const char style[] =
	"<style>\n"
	"  svg { --back: #ffffff; --ink: #1f2328; --soft: #656d76; --grid: #d8dee4;\n"
	"        --c0: #2f6fb4; --c1: #a3b1c2; --c2: #7a5195; --c3: #2a9d8f; --limit: #c4432b; }\n"
	"  @media (prefers-color-scheme: dark) {\n"
	"    svg { --back: #0d1117; --ink: #e6edf3; --soft: #9198a1; --grid: #30363d;\n"
	"          --c0: #5b9fe3; --c1: #6b7785; --c2: #b48ad0; --c3: #4cc2b4; --limit: #ff7b66; }\n"
	"  }\n"
	"  text { font-family: system-ui, 'Segoe UI', 'DejaVu Sans', Helvetica, Arial, sans-serif;\n"
	"         font-size: 12px; fill: #1f2328; fill: var(--ink); }\n"
	"  .back { fill: #ffffff; fill: var(--back); }\n"
	"  .big { font-size: 20px; font-weight: 600; }\n"
	"  .title { font-size: 14px; font-weight: 600; }\n"
	"  .soft { fill: #656d76; fill: var(--soft); }\n"
	"  .small { font-size: 11px; }\n"
	"  .end { text-anchor: end; } .mid { text-anchor: middle; }\n"
	"  .grid { stroke: #d8dee4; stroke: var(--grid); stroke-width: 1; }\n"
	"  .axis, .whisker { stroke: #656d76; stroke: var(--soft); stroke-width: 1.2; fill: none; }\n"
	"  .mark { stroke: #1f2328; stroke: var(--ink); stroke-width: 2; }\n"
	"  .limit { stroke: #c4432b; stroke: var(--limit); stroke-width: 1.4; stroke-dasharray: 5 3; }\n"
	"  .b0 { fill: #2f6fb4; fill: var(--c0); } .b1 { fill: #a3b1c2; fill: var(--c1); }\n"
	"  .b2 { fill: #7a5195; fill: var(--c2); } .b3 { fill: #2a9d8f; fill: var(--c3); }\n"
	"</style>\n";

static void put_escaped(FILE *f, const char *s)
{
	for (; *s; s++)
		switch (*s) {
		case '&': fputs("&amp;", f); break;
		case '<': fputs("&lt;", f); break;
		case '>': fputs("&gt;", f); break;
		case '"': fputs("&quot;", f); break;
		default: putc((unsigned char)*s < 0x20 ? ' ' : *s, f);
		}
}

static void put_text(FILE *f, double x, double y, const char *class, const char *s)
{
	fprintf(f, "<text x=\"%.1f\" y=\"%.1f\" class=\"%s\">", x, y, class);
	put_escaped(f, s);
	fputs("</text>\n", f);
}

static void put_line(FILE *f, double x1, double y1, double x2, double y2, const char *class)
{
	fprintf(f, "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" class=\"%s\"/>\n", x1, y1, x2, y2,
	        class);
}

static void put_rect(FILE *f, double x, double y, double w, double h, const char *class)
{
	fprintf(f, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" class=\"%s\"/>\n", x, y, w, h,
	        class);
}

void picture_begin(FILE *f, const char *title, const char *subtitle, unsigned rows)
{
	unsigned height = HEAD + rows * CELL_H;

	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n", f);
	fprintf(f,
	        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%u\" "
	        "viewBox=\"0 0 %d %u\" role=\"img\">\n<title>",
	        WIDTH, height, WIDTH, height);
	put_escaped(f, title);
	fputs("</title>\n", f);
	fputs(style, f);
	put_rect(f, 0, 0, WIDTH, height, "back");
	put_text(f, 24, 38, "big", title);
	put_text(f, 24, 60, "soft", subtitle);
}

void picture_end(FILE *f)
{
	fputs("</svg>\n", f);
}

/* ---- one chart ---- */

struct frame {
	double x, y;    /* of the plot's upper left corner */
	double top;     /* the value there */
	double step;    /* between ticks */
};

static double largest(const struct chart *c)
{
	double most = isnan(c->limit) ? 0 : c->limit;

	for (size_t g = 0; g < c->n_groups; g++)
		for (size_t b = 0; b < c->n_bars; b++) {
			const struct bar *bar = &c->bar[g][b];

			most = fmax(most, fmax(bar->value, bar->mark)); /* fmax leaves NAN out */
			most = fmax(most, fmin(bar->high, 1.25 * bar->value));
		}
	return most > 0 ? most : 1;
}

/* 1, 2 or 5 times a power of ten. */
static double round_step(double raw)
{
	double power = pow(10, floor(log10(raw))), part = raw / power;

	return power * (part <= 1 ? 1 : part <= 2 ? 2 : part <= 5 ? 5 : 10);
}

static struct frame frame_of(unsigned place, const struct chart *c)
{
	struct frame fr = { .x = place % 2 * CELL_W + LEFT, .y = HEAD + place / 2 * CELL_H + TOP };
	double most = largest(c) * 1.08; /* for the labels above */

	fr.step = round_step(most / TICKS);
	fr.top = ceil(most / fr.step) * fr.step;
	return fr;
}

static double y_of(const struct frame *fr, double value)
{
	return fr->y + PLOT_H * (1 - fmin(value, fr->top) / fr->top);
}

/* Colours are numbered; the second is for what others are compared with. */
static void bar_class(const struct chart *c, size_t b, char class[3])
{
	class[0] = 'b';
	class[1] = (char)('0' + (b == 1 && !c->compared ? 3 : b));
	class[2] = '\0';
}

static void put_axis(FILE *f, const struct frame *fr)
{
	for (unsigned i = 0; i * fr->step <= fr->top * 1.001; i++) {
		double v = i * fr->step, y = y_of(fr, v);
		char text[24];

		put_line(f, fr->x, y, fr->x + PLOT_W, y, i ? "grid" : "axis");
		if (v >= 10000)
			snprintf(text, sizeof text, "%gk", v / 1000);
		else
			snprintf(text, sizeof text, "%g", v);
		put_text(f, fr->x - 8, y + 4, "soft small end", text);
	}
}

static void put_legend(FILE *f, const struct frame *fr, const struct chart *c)
{
	double x = fr->x, y = fr->y - 18;

	for (size_t b = 0; b < c->n_bars; b++) {
		char class[3];

		bar_class(c, b, class);
		put_rect(f, x, y - 9, 10, 10, class);
		put_text(f, x + 15, y, "small", c->bars[b]);
		x += LEGEND_W;
	}
	if (c->mark_title) {
		put_line(f, x, y - 4, x + 14, y - 4, "mark");
		put_text(f, x + 20, y, "small", c->mark_title);
		x += LEGEND_W;
	}
	if (!isnan(c->limit)) {
		put_line(f, x, y - 4, x + 18, y - 4, "limit");
		put_text(f, x + 24, y, "small", c->limit_title);
	}
}

static void put_whisker(FILE *f, const struct frame *fr, double x, const struct bar *bar)
{
	double top = y_of(fr, bar->high), bottom = y_of(fr, bar->low);

	if (!(bar->high > bar->low))
		return;
	put_line(f, x, top, x, bottom, "whisker");
	if (bar->high <= fr->top)
		put_line(f, x - 4, top, x + 4, top, "whisker");
	put_line(f, x - 4, bottom, x + 4, bottom, "whisker");
}

/* Its label is above whatever stands close above it. */
static void put_bar(FILE *f, const struct frame *fr, double x, double w, const char *class,
                    const struct bar *bar)
{
	double y = y_of(fr, bar->value), label = y, mid = x + w / 2, mark = y_of(fr, bar->mark);

	if (isnan(bar->value))
		return;
	put_rect(f, x, y, w, fr->y + PLOT_H - y, class);
	put_whisker(f, fr, mid, bar);
	if (bar->high > bar->low && bar->high <= fr->top)
		label = y_of(fr, bar->high);
	if (!isnan(bar->mark)) {
		put_line(f, x - 2, mark, x + w + 2, mark, "mark");
		if (mark < label && mark > label - 20)
			label = mark;
	}
	put_text(f, mid, label - 5, "small mid", bar->label);
}

static void put_limit(FILE *f, const struct frame *fr, const struct chart *c)
{
	double y = y_of(fr, c->limit);

	if (isnan(c->limit))
		return;
	put_line(f, fr->x, y, fr->x + PLOT_W, y, "limit");
}

void picture_chart(FILE *f, unsigned place, const struct chart *c)
{
	struct frame fr = frame_of(place, c);
	double group_w = (double)PLOT_W / (double)c->n_groups;
	double w = group_w * 0.76 / (double)c->n_bars;
	char title[128];

	snprintf(title, sizeof title, "%s (%s)", c->title, c->unit);
	put_text(f, fr.x - LEFT + 24, fr.y - 40, "title", title);
	put_axis(f, &fr);
	put_legend(f, &fr, c);
	for (size_t g = 0; g < c->n_groups; g++) {
		double x = fr.x + group_w * ((double)g + 0.12);

		for (size_t b = 0; b < c->n_bars; b++) {
			char class[3];

			bar_class(c, b, class);
			put_bar(f, &fr, x + w * (double)b + 1.5, w - 3, class, &c->bar[g][b]);
		}
		put_text(f, fr.x + group_w * ((double)g + 0.5), fr.y + PLOT_H + 20, "mid", c->groups[g]);
	}
	put_limit(f, &fr, c);
}

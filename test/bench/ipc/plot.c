/* plot.c - which figures become which chart. */
#include "test/bench/ipc/chart.h"
#include "test/bench/ipc/host.h"
#include "test/bench/ipc/plan.h"
#include "test/bench/samples.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <sys/utsname.h>
#include <unistd.h>

static void set_bar(struct bar *b, const char *what, const char *who)
{
	b->value = sample_median(what, who); /* NAN: not measured */
	b->low = sample_quantile(what, who, 0.1);
	b->high = sample_quantile(what, who, 0.9);
	b->mark = NAN;
	b->label[0] = '\0';
}

static void set_label(struct bar *b)
{
	if (b->value >= 10000)
		snprintf(b->label, sizeof b->label, "%.0fk", b->value / 1000);
	else
		snprintf(b->label, sizeof b->label, "%.*f", b->value < 9.95 ? 1 : 0, b->value);
}

static void chart_init(struct chart *c, const char *title, const char *unit, size_t n_bars)
{
	*c = (struct chart){ .title = title, .unit = unit, .n_groups = n_hosts, .n_bars = n_bars,
	                     .limit = NAN };
	for (size_t g = 0; g < n_hosts; g++) {
		c->groups[g] = hosts[g].method;
		for (size_t b = 0; b < n_bars; b++)
			set_bar(&c->bar[g][b], "", "");
	}
}

/* cinit beside the mechanism, with the ratio above. */
static void plot_trips(FILE *f, unsigned at, const char *quantile, enum place place)
{
	char title[QUANTITY + 32], what[QUANTITY];
	struct chart c;

	snprintf(title, sizeof title, "Round %s, both on %s", quantile, place_names[place]);
	chart_init(&c, title, "µs, lower is better", 2);
	c.bars[0] = "cinit";
	c.bars[1] = "bare mechanism";
	c.compared = true;
	quantity(what, quantile, place);
	for (size_t i = 0; i < n_hosts; i++) {
		struct bar *b = c.bar[i];

		set_bar(&b[0], what, hosts[i].method);
		set_bar(&b[1], what, hosts[i].bare_name);
		snprintf(b[0].label, sizeof b[0].label, "%.2f×", b[0].value / b[1].value);
		set_label(&b[1]);
	}
	picture_chart(f, at, &c);
}

static void plot_rates(FILE *f, unsigned at, enum place place)
{
	static const char *const names[N_CROWDS] = { "1 client", "8 clients", "64 clients" };
	char title[QUANTITY], rate[QUANTITY], what[QUANTITY];
	struct chart c;

	snprintf(title, sizeof title, "Requests a second, %s", place_names[place]);
	chart_init(&c, title, "higher is better", N_CROWDS);
	c.mark_title = "bare";
	for (unsigned k = 0; k < N_CROWDS; k++) {
		c.bars[k] = names[k];
		snprintf(rate, sizeof rate, RATE " %u", crowds[k]);
		quantity(what, rate, place);
		for (size_t i = 0; i < n_hosts; i++) {
			struct bar *b = &c.bar[i][k];

			set_bar(b, what, hosts[i].method);
			b->low = b->high; /* whisker and mark would hide each other */
			set_label(b);
			b->mark = sample_median(what, hosts[i].bare_name);
		}
	}
	picture_chart(f, at, &c);
}

static void plot_status(FILE *f, unsigned at)
{
	char what[QUANTITY];
	struct chart c;
	double yes;

	chart_init(&c, "cinit.svc status, a whole process", "µs, lower is better", 2);
	c.bars[0] = "on one core";
	c.bars[1] = "on two";
	c.mark_title = "running true";
	for (enum place place = ONE_CORE; place < N_PLACES; place++) {
		quantity(what, STATUS, place);
		yes = sample_median(what, "true");
		for (size_t i = 0; i < n_hosts; i++) {
			struct bar *b = &c.bar[i][place];

			set_bar(b, what, hosts[i].method);
			snprintf(b->label, sizeof b->label, "%.2f×", b->value / yes);
			b->mark = yes;
		}
	}
	c.limit = 1.5 * sample_median(quantity(what, STATUS, ONE_CORE), "true");
	c.limit_title = "1.5 × true";
	picture_chart(f, at, &c);
}

static void plot_calls(FILE *f, unsigned at)
{
	struct chart c;

	if (isnan(sample_median(CALLS_CLIENT, hosts[0].method)))
		return; /* they were not counted */
	chart_init(&c, "System calls of a request", "number", 2);
	c.bars[0] = "client";
	c.bars[1] = "server";
	for (size_t i = 0; i < n_hosts; i++) {
		set_bar(&c.bar[i][0], CALLS_CLIENT, hosts[i].method);
		set_bar(&c.bar[i][1], CALLS_SERVER, hosts[i].method);
		set_label(&c.bar[i][0]);
		set_label(&c.bar[i][1]);
	}
	picture_chart(f, at, &c);
}

static void plot_cpu(FILE *f, unsigned at)
{
	char what[QUANTITY];
	struct chart c;

	chart_init(&c, "Server's processor time for a request, one core", "µs", 2);
	c.bars[0] = "cinit";
	c.bars[1] = "bare mechanism";
	c.compared = true;
	quantity(what, SERVER_CPU, ONE_CORE);
	for (size_t i = 0; i < n_hosts; i++) {
		set_bar(&c.bar[i][0], what, hosts[i].method);
		set_bar(&c.bar[i][1], what, hosts[i].bare_name);
		set_label(&c.bar[i][0]);
		set_label(&c.bar[i][1]);
	}
	picture_chart(f, at, &c);
}

int plot_write(const struct ipc_plan *plan, const char *path)
{
	FILE *f = fopen(path, "we");
	struct utsname u;
	char subtitle[400];
	int bad;

	if (!f)
		return -1;
	if (uname(&u) < 0)
		u.sysname[0] = u.release[0] = u.machine[0] = '\0';
	snprintf(subtitle, sizeof subtitle,
	         "%s %.60s, %.20s, %ld cores · records of %d bytes · medians of %u rounds, whiskers p10-p90",
	         u.sysname, u.release, u.machine, sysconf(_SC_NPROCESSORS_ONLN), LOAD_RECORD, plan->rounds);
	picture_begin(f, "cinit: IPC methods beside their bare mechanisms", subtitle, 4);
	plot_trips(f, 0, TRIP_50, ONE_CORE);
	plot_trips(f, 1, TRIP_50, TWO_CORES);
	plot_trips(f, 2, TRIP_99, ONE_CORE);
	plot_status(f, 3);
	plot_rates(f, 4, ONE_CORE);
	plot_rates(f, 5, TWO_CORES);
	plot_cpu(f, 6);
	plot_calls(f, 7);
	picture_end(f);
	bad = ferror(f);
	if (fclose(f) != 0 || bad) {
		errno = errno ? errno : EIO;
		return -1;
	}
	return 0;
}

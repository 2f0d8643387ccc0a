/* weigh.c - sums over a supervisor's processes.  Takes no times. */
#include "test/bench/weigh.h"

#include "test/bench/proc.h"

#define READ_EVERY_MS 100
#define READS_ALIKE 3
#define READS_MAX 50 /* then the last one counts */

static long sum(const struct life *life, long (*one)(pid_t pid))
{
	static pid_t pids[PROCS_MAX];
	size_t n = life_supervisors(life, pids, PROCS_MAX);
	long total = 0;

	for (size_t i = 0; i < n; i++)
		total += one(pids[i]);
	return total;
}

long weigh_pss_kb(const struct life *life)
{
	long kb = sum(life, proc_pss_kb), before;
	int alike = 1;

	for (int i = 1; i < READS_MAX && alike < READS_ALIKE; i++) {
		nap_ms(READ_EVERY_MS);
		before = kb;
		kb = sum(life, proc_pss_kb);
		alike = kb == before ? alike + 1 : 1;
	}
	return kb;
}

long weigh_switches(const struct life *life)
{
	return sum(life, proc_switches);
}

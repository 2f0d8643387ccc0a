/* finding.h - what the loader has to say about one place of a tree.
 *
 * Whoever asks for a load says where findings go: the console, the process that loads, or the
 * output of cinit.check.
 */
#ifndef CINIT_TREE_FINDING_H
#define CINIT_TREE_FINDING_H

enum finding_level {
	FINDING_REMARK,  /* nothing is wrong; a checker's own */
	FINDING_NOTE,    /* only a checker says it */
	FINDING_WARNING,
	FINDING_ERROR
};

/* The `what` of an entry that means nothing, so that a checker can add a hint. */
#define FINDING_UNKNOWN "unknown file"

struct finding {
	enum finding_level level;
	const char *path; /* full path of the place */
	const char *what; /* what is wrong with it, may be "" */
	const char *why;
};

#endif

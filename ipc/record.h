/* record.h - the one record that travels between client and supervisor.
 *
 * A request is one record and gets exactly one answer record, at once or
 * later.  All records have the same size, so they are atomic on a FIFO
 * (PIPE_BUF is 4096) and fit a queue, a datagram and a slot; the supervisor
 * keeps no buffer per client.  Both sides are on one machine and in host byte
 * order; the magic tells a foreign order apart.  Whoever receives a record
 * copies it once and then calls record_check() on the copy.
 *
 * Times are CLOCK_BOOTTIME in milliseconds; 0 is no limit.
 */
#ifndef CINIT_IPC_RECORD_H
#define CINIT_IPC_RECORD_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ipc/words.h"

#define IPC_MAGIC 0x696e6963u  /* "cini" on a little-endian machine */
#define IPC_VERSION 1
#define IPC_EXPIRES_MAX_MS 30000  /* how far ahead `expires` may lie */

enum ipc_flag {
	IPC_ONLY = 1,    /* --only: without dependencies */
	IPC_NO_WAIT = 2, /* answered when accepted */
	IPC_LAST = 4,    /* the client asks nothing more: a connection may end with the answer */
	IPC_FORCE = 8,   /* the end of a system: nothing is stopped, all is killed */
	IPC_KEXEC = 16   /* a reboot: into the kernel that was loaded, if any */
};

struct ipc_record {
	uint32_t magic;
	uint16_t version;
	uint16_t size;          /* of the record, always sizeof(struct ipc_record) */
	uint64_t id;            /* random, never 0; the answer bears it too */
	uint64_t token;         /* return address of methods that need one; random */
	int64_t expires_ms;     /* the request is not begun after this */
	int64_t answer_by_ms;   /* the latest answer, then "still waiting" */
	uint32_t pid;           /* return address only, never a credential */
	uint32_t handle;        /* the supervisor's own; 0 in a request */
	uint16_t verb;          /* enum verb */
	uint16_t flags;         /* enum ipc_flag */
	uint16_t goal;          /* enum goal: what `wait` waits for, or GOAL_NOW */
	uint16_t result;        /* answer: enum result */
	uint32_t from;          /* list: from item; answer: the first that it carries;
	                         * VERB_SCALE: how many workers */
	uint32_t total;         /* answer to a list: items there are */
	uint32_t generation;    /* answer: changes with every change of the list */
	uint16_t n_items;       /* answer: items in the payload */
	uint16_t payload_len;   /* bytes */
	uint8_t payload[952];   /* request: a name, of VERB_CALL a command behind it; answer:
	                         * items, of a pool what ipc/pool.h says */
};

static_assert(sizeof(struct ipc_record) == 1024, "a record is 1024 bytes on every machine");

enum item_flag {
	ITEM_WISH = 1,      /* wished up */
	ITEM_RESPAWN = 2,   /* kept running */
	ITEM_GROUP = 4,     /* has no program */
	ITEM_POOL = 8       /* its program is the manager of a pool */
};

/* One service as a client sees it. */
struct ipc_item {
	uint8_t state;       /* enum svc_state */
	uint8_t why;         /* enum why */
	uint8_t flags;       /* enum item_flag */
	uint8_t crashes;     /* restarts that the back-off remembers */
	uint8_t other_state; /* of the service that `detail` names */
	struct end end;      /* how its process last ended */
	struct end other_end; /* of the service that `detail` names */
	int32_t pid;         /* of its main process, or 0 */
	int64_t since_ms;    /* in its state */
	int64_t deadline_ms; /* when its state ends by itself, or 0 */
	uint8_t name_len;
	uint8_t detail_len;  /* a service that `why` names, or a text */
	char name[SVC_NAME_MAX + 1];
	char detail[256];
};

enum record_fault {
	RECORD_FINE,
	RECORD_SIZE,    /* not the bytes of one record */
	RECORD_MAGIC,   /* no record, or of a foreign byte order */
	RECORD_VERSION, /* of another version: magic and version may be trusted */
	RECORD_FIELD    /* a field is out of its range */
};

/* A fresh record with magic, version and size. */
void record_init(struct ipc_record *r);
/* Is this copy, of which n bytes were received, well-formed?  Says nothing
 * about what it asks. */
enum record_fault record_check(const struct ipc_record *r, size_t n);

/* The same for a client that was answered: 0 if the answer can be read, else -1
 * with EPROTO.  One of another version becomes RES_VERSION without items. */
int record_take_answer(struct ipc_record *answer, size_t n);

/* Sets the name of a request; false if it does not fit. */
bool record_set_name(struct ipc_record *r, const char *name, size_t n);
/* Appends a word with its NUL: of VERB_CALL the name, the command, its arguments. */
bool record_put_word(struct ipc_record *r, const char *word);
/* Bytes of the name of a request: all of the payload, of VERB_CALL up to the first NUL. */
size_t record_name_len(const struct ipc_record *r);

/* Appends an item to an answer; false, and nothing changes, when it does not fit. */
bool record_put_item(struct ipc_record *r, const struct ipc_item *item);
/* Takes the item at *cursor (0 at first) out of a checked answer and moves the
 * cursor on; false at the end or when the bytes are off. */
bool record_get_item(const struct ipc_record *r, size_t *cursor, struct ipc_item *item);

/* CLOCK_BOOTTIME in milliseconds. */
int64_t record_now_ms(void);

#endif

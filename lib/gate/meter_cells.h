/* meter_cells.h - the cells of the metrics, for who adds and who tells
 * SPDX-License-Identifier: Apache-2.0
 *
 * Others write here too: an index that is read from a cell is checked, and
 * text is taken for text only when it has a slug's form. */
#ifndef GATE_METER_CELLS_H
#define GATE_METER_CELLS_H

#include <stdatomic.h>

#include "gate/meter.h"

#define METER_REASONS    160 /* room for enum err_kind */
#define METER_CLASSES    5   /* 1xx to 5xx */
#define METER_VERSIONS   3
#define METER_PROCESSES  64
#define METER_SLUG_WORDS 6 /* of eight bytes, NUL included */
#define METER_BUCKETS    15

typedef _Atomic uint64_t meter_count;

enum meter_program {
	METER_METADATA,
	METER_ADMIN,
	METER_TOKEN, /* this and the next ask for changes, and keep audit */
	METER_FACADE,
	METER_PROGRAM__MAX
};

enum meter_interaction {
	METER_NONE, /* open documents, and what could not be told apart */
	METER_ISSUE,
	METER_INTROSPECT,
	METER_REVOKE,
	METER_PAGE,
	METER_READ,
	METER_SEARCH,
	METER_BATCH,
	METER_OTHER,
	METER_INTERACTION__MAX
};

/* How long things took: not summed up over the buckets, as Prometheus shows
 * them; the last bucket is for all that is longer. */
struct meter_times {
	meter_count bucket[METER_BUCKETS + 1];
	meter_count sum_us;
};

struct meter_tenant {
	meter_count key; /* hash of the slug; 0: nobody's */
	meter_count slug[METER_SLUG_WORDS];
	meter_count request[METER_REASONS];
	meter_count upstream[METER_REASONS];
	struct meter_times upstream_took;
	meter_count left_bare, losses;
	meter_count breaker; /* just now: enum breaker_state of relay/breaker */
};

/* A process that asks for changes, until it ends; then its place is free. Also
 * when it has been silent for long: its number may be another's by now. */
struct meter_process {
	meter_count pid; /* 0: nobody's */
	meter_count program;
	meter_count waiting;
	meter_count seen_at_us, polled_at_us; /* clock_mono_us */
};

struct meter_cells {
	meter_count request[METER_PROGRAM__MAX][METER_INTERACTION__MAX]
			   [METER_CLASSES][METER_REASONS];
	struct meter_times took[METER_PROGRAM__MAX][METER_INTERACTION__MAX];
	meter_count unread[METER_PROGRAM__MAX];
	meter_count entry[METER_REASONS];
	meter_count signin[METER_SIGNIN__MAX][METER_REASONS];
	meter_count versions[METER_VERSIONS][METER_VERSIONS];
	meter_count lookup[METER_PROGRAM__MAX][METER_LOOKUP__MAX][2];
	struct meter_process process[METER_PROCESSES];
	struct meter_tenant tenant[]; /* meter_tenants() of them; 0: other */
};

/* Names as they are shown; bounds of the buckets in microseconds. */
extern const char *const meter_programs[METER_PROGRAM__MAX];
extern const char *const meter_interactions[METER_INTERACTION__MAX];
extern const char *const meter_lookups[METER_LOOKUP__MAX];
extern const char *const meter_signins[METER_SIGNIN__MAX];
extern const int64_t meter_bounds_us[METER_BUCKETS];

/* meter_cells - NULL: not open. meter_tenants - how many cells for tenants. */
struct meter_cells *meter_cells(void);
size_t meter_tenants(void);

/* meter_slug - the slug of a tenant's cells; false: they are nobody's. */
#define METER_SLUG_BYTES (8 * METER_SLUG_WORDS)
bool meter_slug(const struct meter_tenant *t, char slug[METER_SLUG_BYTES]);

/* meter_alive - does the process of that place run? */
bool meter_alive(const struct meter_process *p);

#endif

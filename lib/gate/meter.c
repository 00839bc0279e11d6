/* meter.c - what happened, counted over all processes of a host
 * SPDX-License-Identifier: Apache-2.0 */
#include "gate/meter.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/shared.h"
#include "base/sip.h"
#include "gate/meter_cells.h"
#include "web/fail.h"

#define LAYOUT    1
#define PROBES    256 /* places that are looked at for one tenant */
#define SILENT_US 120000000

_Static_assert(ERR__MAX <= METER_REASONS, "room for every reason");

const char *const meter_programs[METER_PROGRAM__MAX] = {
	[METER_METADATA] = "metadata",
	[METER_ADMIN] = "admin",
	[METER_TOKEN] = "token",
	[METER_FACADE] = "facade",
};

const char *const meter_interactions[METER_INTERACTION__MAX] = {
	[METER_NONE] = "none",
	[METER_ISSUE] = "token",
	[METER_INTROSPECT] = "introspect",
	[METER_REVOKE] = "revoke",
	[METER_PAGE] = "page",
	[METER_READ] = "read",
	[METER_SEARCH] = "search-type",
	[METER_BATCH] = "batch",
	[METER_OTHER] = "other",
};

const char *const meter_lookups[METER_LOOKUP__MAX] = {
	[METER_CLIENT] = "client",
	[METER_KEYS] = "keys",
	[METER_LINK] = "link",
	[METER_ROUTE] = "route",
};

const char *const meter_signins[METER_SIGNIN__MAX] = {
	[METER_BY_PASSPHRASE] = "passphrase",
	[METER_BY_WEB_SERVER] = "web_server",
	[METER_BY_CODE] = "code",
	[METER_BY_AGAIN] = "again",
};

const int64_t meter_bounds_us[METER_BUCKETS] = { 500, 1000, 2500, 5000, 10000,
	25000, 50000, 100000, 250000, 500000, 1000000, 2500000, 5000000,
	10000000, 25000000 };

static struct {
	struct meter_cells *cells;
	size_t bytes, tenants;
	enum meter_program program;
	struct meter_process *process; /* NULL: there was no place */
} room;

/* ---- open, close --------------------------------------------------------------- */

/* Other reasons or interactions in this order are other cells. */
static uint64_t
layout(void)
{
	uint64_t x = shared_mix(LAYOUT, sizeof(struct meter_tenant));
	int i;

	for (i = 0; i < ERR__MAX; i++)
		x = shared_mix_text(x, fail_reason((enum err_kind)i));
	for (i = 0; i < METER_PROGRAM__MAX; i++)
		x = shared_mix_text(x, meter_programs[i]);
	for (i = 0; i < METER_INTERACTION__MAX; i++)
		x = shared_mix_text(x, meter_interactions[i]);
	for (i = 0; i < METER_LOOKUP__MAX; i++)
		x = shared_mix_text(x, meter_lookups[i]);
	for (i = 0; i < METER_SIGNIN__MAX; i++)
		x = shared_mix_text(x, meter_signins[i]);
	for (i = 0; i < METER_BUCKETS; i++)
		x = shared_mix(x, (uint64_t)meter_bounds_us[i]);
	return x;
}

bool
meter_alive(const struct meter_process *p)
{
	uint64_t pid = atomic_load(&p->pid);
	/* what others wrote may be any number */
	uint64_t silent_us =
	    (uint64_t)clock_mono_us() - atomic_load(&p->seen_at_us);

	return pid && pid <= INT32_MAX && silent_us < SILENT_US &&
	       (!kill((pid_t)pid, 0) || errno == EPERM);
}

/* Two who take the place of the same dead one: one of them gets it. */
static struct meter_process *
take_place(struct meter_process *places)
{
	size_t i;

	for (i = 0; i < METER_PROCESSES; i++) {
		struct meter_process *p = &places[i];
		uint64_t was = atomic_load(&p->pid);

		if (meter_alive(p) && was != (uint64_t)getpid())
			continue;
		if (!atomic_compare_exchange_strong(
			&p->pid, &was, (uint64_t)getpid()))
			continue;
		p->waiting = 0;
		p->program = room.program;
		p->seen_at_us = p->polled_at_us = (uint64_t)clock_mono_us();
		return p;
	}
	log_event(LOG_WARN, "metrics_no_place", LOG_COUNT,
	    (long)METER_PROCESSES, LOG_END);
	return NULL;
}

bool
meter_open(const struct conf *conf, const char *program, struct err *e)
{
	struct shared_plan plan = {
		.dir = conf->shared_dir, .name = "metrics", .layout = layout()
	};

	room.program = METER_METADATA;
	while (room.program + 1 < METER_PROGRAM__MAX &&
	       strcmp(meter_programs[room.program], program))
		room.program++;
	room.tenants = (size_t)conf->metric_tenants + 1;
	room.bytes =
	    sizeof *room.cells + room.tenants * sizeof room.cells->tenant[0];
	plan.bytes = room.bytes;
	room.cells = shared_open(&plan, e);
	if (room.cells && room.program >= METER_TOKEN)
		room.process = take_place(room.cells->process);
	return room.cells != NULL;
}

void
meter_close(void)
{
	if (room.process)
		atomic_store(&room.process->pid, 0);
	room.process = NULL;
	shared_close(room.cells, room.bytes);
	room.cells = NULL;
}

struct meter_cells *
meter_cells(void)
{
	return room.cells;
}

size_t
meter_tenants(void)
{
	return room.tenants;
}

/* ---- tenants --------------------------------------------------------------------- */

/* Everybody who finds the place writes the same, so it does not matter who is
 * first, nor that somebody dies in the middle. It is there before anything is
 * counted. */
static void
name_it(struct meter_tenant *t, const char *slug)
{
	char text[METER_SLUG_BYTES] = { 0 };
	uint64_t word;
	size_t i;

	memcpy(text, slug, strnlen(slug, sizeof text - 1));
	for (i = 0; i < METER_SLUG_WORDS; i++) {
		memcpy(&word, text + 8 * i, 8);
		if (atomic_load(&t->slug[i]) != word)
			atomic_store(&t->slug[i], word);
	}
}

static bool
claimed(struct meter_tenant *t, uint64_t key)
{
	uint64_t was = atomic_load(&t->key);

	return was == key ||
	       (!was && (atomic_compare_exchange_strong(&t->key, &was, key) ||
			    was == key));
}

unsigned
meter_tenant(const char *slug)
{
	static const uint64_t zero[2];
	size_t places = room.tenants - 1, i;
	uint64_t key;

	if (!room.cells || !slug || !slug[0])
		return 0;
	key = sip(zero, slug, strlen(slug)) | 1;
	for (i = 0; i < PROBES && i < places; i++) {
		size_t n = 1 + ((key >> 1) + i) % places;

		if (claimed(&room.cells->tenant[n], key)) {
			name_it(&room.cells->tenant[n], slug);
			return (unsigned)n + 1;
		}
	}
	return 1; /* with the others */
}

bool
meter_slug(const struct meter_tenant *t, char slug[METER_SLUG_BYTES])
{
	uint64_t word;
	size_t i;

	for (i = 0; i < METER_SLUG_WORDS; i++) {
		word = atomic_load(&t->slug[i]);
		memcpy(slug + 8 * i, &word, 8);
	}
	slug[METER_SLUG_BYTES - 1] = '\0';
	return slug[0] && !slug[strspn(slug, "abcdefghijklmnopqrstuvwxyz"
					     "0123456789-")];
}

static struct meter_tenant *
cells_of(unsigned tenant)
{
	return &room.cells->tenant[tenant <= room.tenants ? tenant - 1 : 0];
}

/* ---- counting --------------------------------------------------------------------- */

static void
add(meter_count *to, uint64_t n)
{
	atomic_fetch_add_explicit(to, n, memory_order_relaxed);
}

static void
add_time(struct meter_times *t, int64_t us)
{
	size_t i = 0;

	if (us < 0) /* the wall clock was set back */
		us = 0;
	while (i < METER_BUCKETS && us > meter_bounds_us[i])
		i++;
	add(&t->bucket[i], 1);
	add(&t->sum_us, (uint64_t)us);
}

static enum meter_interaction
interaction_of(struct str name)
{
	int i;

	if (!name.len)
		return METER_NONE;
	for (i = METER_ISSUE; i < METER_OTHER; i++)
		if (str_is(name, meter_interactions[i]))
			return (enum meter_interaction)i;
	return METER_OTHER;
}

static unsigned
class_of(unsigned status)
{
	return status >= 100 && status < 600 ? status / 100 - 1
	                                     : METER_CLASSES - 1;
}

void
meter_request(const struct meter_request *r)
{
	struct meter_cells *c = room.cells;
	enum meter_interaction what = interaction_of(r->interaction);

	if (!c)
		return;
	add(&c->request[room.program][what][class_of(r->status)][r->kind], 1);
	add_time(&c->took[room.program][what], r->took_us);
	if (r->tenant)
		add(&cells_of(r->tenant)->request[r->kind], 1);
	if (r->tenant && r->left_bare)
		add(&cells_of(r->tenant)->left_bare, r->left_bare);
}

void
meter_unread(void)
{
	if (room.cells)
		add(&room.cells->unread[room.program], 1);
}

void
meter_entry(enum err_kind kind)
{
	if (room.cells)
		add(&room.cells->entry[kind], 1);
}

void
meter_signin(enum meter_signin step, enum err_kind kind)
{
	if (room.cells)
		add(&room.cells->signin[step][kind], 1);
}

void
meter_upstream(unsigned tenant, enum err_kind kind, int64_t took_us)
{
	if (!room.cells || !tenant)
		return;
	add(&cells_of(tenant)->upstream[kind], 1);
	if (took_us >= 0)
		add_time(&cells_of(tenant)->upstream_took, took_us);
}

/* Tenants that share the cells of "other" have no state together. */
void
meter_breaker(unsigned tenant, unsigned state)
{
	meter_count *kept;

	if (!room.cells || tenant < 2)
		return;
	kept = &cells_of(tenant)->breaker;
	if (atomic_load_explicit(kept, memory_order_relaxed) != state)
		atomic_store(kept, state);
}

void
meter_versions(unsigned face, unsigned provider)
{
	if (room.cells && face < METER_VERSIONS && provider < METER_VERSIONS)
		add(&room.cells->versions[face][provider], 1);
}

void
meter_losses(unsigned tenant, uint64_t n)
{
	if (room.cells && tenant && n)
		add(&cells_of(tenant)->losses, n);
}

void
meter_lookup(enum meter_lookup what, bool hit)
{
	if (room.cells)
		add(&room.cells->lookup[room.program][what][hit], 1);
}

void
meter_waiting(int64_t rows)
{
	if (room.process)
		atomic_store(&room.process->waiting, (uint64_t)rows);
}

void
meter_polled(bool fine)
{
	uint64_t now_us = (uint64_t)clock_mono_us();

	if (!room.process)
		return;
	atomic_store(&room.process->seen_at_us, now_us);
	if (fine)
		atomic_store(&room.process->polled_at_us, now_us);
}

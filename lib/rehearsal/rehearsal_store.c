/* rehearsal_store.c - the wards in the database, asked
 * SPDX-License-Identifier: Apache-2.0 */
#include "rehearsal/rehearsal_store.h"

#include <string.h>

#include "base/clock.h"
#include "ext/prepare.h"

#define CONNECTIONS    3u
#define WANT_BYTES_MAX ((size_t)1024 * 1024)
#define LIST_BYTES_MAX ((size_t)16 * 1024)
#define NAME_MAX_BYTES 40u
#define REMEMBERED     8u
#define REMEMBERED_MS  1000

/* Versions of wards that this thread has met. A wrong memory does no harm:
 * each statement checks the version again. */
static _Thread_local struct memory {
	char name[NAME_MAX_BYTES];
	size_t len;
	enum fhir_version version;
	int64_t since_ms;
} memories[REMEMBERED];
static _Thread_local unsigned next_memory;

struct db *
rehearsal_store_open(const struct conf *conf, int64_t wait_ms, struct err *e)
{
	const struct db_opts o = {
		.conninfo = conf->database,
		.role = "wg_rehearsal",
		.plain = true,
		.passfile = conf->database_passfile,
		.application_name = "wardgate rehearsal/" WG_VERSION,
		.prepare_sql = prepare_rehearsal,
		.connections = CONNECTIONS,
		.wait_ms = wait_ms,
	};

	return db_open(&o, e);
}

static struct memory *
remembered(struct str name)
{
	unsigned i;

	for (i = 0; i < REMEMBERED; i++)
		if (memories[i].len == name.len && name.len &&
		    !memcmp(memories[i].name, name.at, name.len))
			return &memories[i];
	return NULL;
}

static void
remember(const struct rehearsal_ward *ward)
{
	struct memory *m = &memories[next_memory++ % REMEMBERED];

	memcpy(m->name, ward->name.at, ward->name.len);
	m->len = ward->name.len;
	m->version = ward->version;
	m->since_ms = clock_mono_ms();
}

/* The ward has gone or changed its version since. */
static bool
forget(const struct rehearsal_ward *ward, struct err *e)
{
	struct memory *m = remembered(ward->name);

	if (m)
		m->len = 0;
	return err_set(
	    e, ERR_MISSING, "This ward has just been replaced. Ask again.");
}

static bool
unknown_ward(struct db *db, struct arena *a, struct err *e)
{
	const char *wards = rehearsal_store_wards(db, a, e);

	return wards &&
	       err_set(e, ERR_MISSING, "There is no such ward. There %s.",
		   *wards ? wards : "is none: load one with rehearsal load");
}

bool
rehearsal_store_ward(struct db *db, struct arena *a, struct str name,
    bool fresh, struct rehearsal_ward *ward, struct err *e)
{
	const struct db_arg arg = db_arg_text(name);
	struct memory *m = remembered(name);
	const struct db_rows *rows;

	ward->name = name;
	if (m && (fresh || clock_mono_ms() - m->since_ms > REMEMBERED_MS)) {
		m->len = 0;
	} else if (m) {
		ward->version = m->version;
		return true;
	}
	if (!name.len || name.len > NAME_MAX_BYTES)
		return unknown_ward(db, a, e);
	if (!(rows = db_ask(db, a, "rehearsal_ward", &arg, 1, e)))
		return false;
	if (!db_count(rows))
		return unknown_ward(db, a, e);
	if (!version_named(&ward->version, db_text(rows, 0, 0)))
		return err_why(e, ERR_BROKEN, "a ward of unknown version");
	remember(ward);
	return true;
}

bool
rehearsal_store_read(struct db *db, struct arena *a,
    const struct rehearsal_ward *ward, const char *type, struct str id,
    struct rehearsal_resource *found, struct err *e)
{
	const struct db_arg args[] = {
		db_arg_text(ward->name),
		db_arg_text(str_of(version_name(ward->version))),
		db_arg_text(str_of(type)),
		db_arg_text(id),
	};
	const struct db_rows *rows =
	    db_ask(db, a, "rehearsal_read", args, COUNT(args), e);

	if (!rows)
		return false;
	if (!db_count(rows))
		return forget(ward, e);
	if (db_null(rows, 0, 0))
		return err_set(e, ERR_UPSTREAM_NOT_FOUND,
		    "This ward has no such %s.", type);
	found->id = id;
	found->body = db_text(rows, 0, 0);
	found->version_id = db_text(rows, 0, 1);
	found->last_updated = db_text(rows, 0, 2);
	return true;
}

static void
take_page(
    struct arena *a, const struct db_rows *rows, struct rehearsal_found *found)
{
	struct rehearsal_resource *page;
	size_t i;

	found->total = (uint64_t)db_int(rows, 0, 0);
	found->n = db_null(rows, 0, 1) ? 0 : db_count(rows);
	found->page = page = arena_get(a, (found->n + 1) * sizeof *page);
	for (i = 0; i < found->n; i++) {
		page[i].id = db_text(rows, i, 1);
		page[i].body = db_text(rows, i, 2);
	}
}

static struct db_arg
sort_param(const struct rehearsal_query *q, size_t i)
{
	return db_arg_text(i < q->sorts ? str_of(q->sort[i].param) : STR_NONE);
}

static struct db_arg
sort_down(const struct rehearsal_query *q, size_t i)
{
	return db_arg_bool(i < q->sorts && q->sort[i].descending);
}

bool
rehearsal_store_search(struct db *db, struct arena *a,
    const struct rehearsal_ward *ward, const char *type,
    const struct rehearsal_query *q, struct rehearsal_found *found,
    struct err *e)
{
	struct buf wants = buf_new(a, WANT_BYTES_MAX);
	const struct db_rows *rows;

	rehearsal_query_wants(&wants, q);
	if (wants.failed)
		return err_set(e, ERR_TOO_MANY, "The search is too long.");
	const struct db_arg args[] = {
		db_arg_text(ward->name),
		db_arg_text(str_of(version_name(ward->version))),
		db_arg_text(str_of(type)),
		db_arg_text((struct str){ wants.at, wants.len }),
		db_arg_int(q->criteria),
		db_arg_int(q->lead),
		sort_param(q, 0),
		sort_down(q, 0),
		sort_param(q, 1),
		sort_down(q, 1),
		sort_param(q, 2),
		sort_down(q, 2),
		db_arg_int(q->total_only ? 0 : q->count),
		db_arg_int((int64_t)q->offset),
	};
	if (!(rows = db_ask(db, a, "rehearsal_search", args, COUNT(args), e)))
		return false;
	if (!db_count(rows))
		return forget(ward, e);
	take_page(a, rows, found);
	return true;
}

bool
rehearsal_store_keys(struct db *db, struct arena *a, const struct guid *tenant,
    struct str *set, struct err *e)
{
	const struct db_arg arg = db_arg_guid(tenant);
	const struct db_rows *rows =
	    db_ask(db, a, "rehearsal_keys", &arg, 1, e);

	if (!rows)
		return false;
	*set = db_text(rows, 0, 0);
	return true;
}

bool
rehearsal_store_first(struct db *db, struct arena *a, const struct guid *client,
    struct str jti, int64_t end_s, struct err *e)
{
	const struct db_arg args[] = { db_arg_guid(client), db_arg_text(jti),
		db_arg_int(end_s) };
	const struct db_rows *rows =
	    db_ask(db, a, "rehearsal_first", args, COUNT(args), e);

	return rows && (db_count(rows) ||
			   err_why(e, ERR_ASSERTION_SEEN, "used before"));
}

const char *
rehearsal_store_wards(struct db *db, struct arena *a, struct err *e)
{
	const struct db_rows *rows =
	    db_ask(db, a, "rehearsal_wards", NULL, 0, e);
	struct buf b = buf_new(a, LIST_BYTES_MAX);
	size_t i;

	if (!rows)
		return NULL;
	for (i = 0; i < db_count(rows); i++)
		buf_fmt(&b, "%s%.*s (%.*s)", i ? ", " : "are ",
		    STR_FMT(db_text(rows, i, 0)), STR_FMT(db_text(rows, i, 1)));
	return b.failed ? "are many" : buf_text(&b);
}

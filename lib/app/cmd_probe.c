/* cmd_probe.c - wardgate probe: what works with a hospital, and what does not
 * SPDX-License-Identifier: Apache-2.0 */
#include "app/cmd_probe.h"

#include <string.h>

#include "app/target.h"
#include "base/clock.h"
#include "gate/directory.h"
#include "gate/found.h"
#include "relay/probe.h"
#include "relay/upauth.h"

#define WITHIN_S       120
#define FINDINGS_BYTES ((size_t)64 * 1024)

/* What all probes of one run share. */
struct run {
	struct command *c;
	const struct conf *conf;
	struct db *db;
	struct directory *directory;
	struct engine *engine;
	struct upauth *tokens;
	const char *patient;
	bool no_patient;
	int64_t within_s;
};

/* One of them. */
struct one {
	struct run *run;
	struct arena *a;
	struct guid tenant;
	const char *slug, *name;
	struct str patient;
	const struct directory_route *route;
	enum fhir_version version;
	const struct probe_report *report;
	const struct db_rows *drift;
};

/* ---- whom to ask --------------------------------------------------------------- */

/* From here on the trail says that somebody's records were asked for. */
static bool
start(struct one *o, const char *tenant, struct err *e)
{
	const struct run *r = o->run;
	const struct db_arg args[] = { db_arg_text(str_of(tenant)),
		db_arg_text(str_of(r->patient)), db_arg_bool(r->no_patient) };
	const struct db_rows *rows =
	    db_ask(r->db, o->a, "probe_start", args, COUNT(args), e);

	if (!rows)
		return false;
	o->tenant = db_guid(rows, 0, 0);
	o->slug = str_text(o->a, db_text(rows, 0, 1));
	o->name = str_text(o->a, db_text(rows, 0, 2));
	if (!db_null(rows, 0, 3))
		o->patient = db_text(rows, 0, 3);
	return true;
}

static bool
find(struct one *o, struct err *e)
{
	const struct guid nobody = { .at = { 0 } };

	o->route = directory_route(
	    o->run->directory, o->a, &nobody, &o->tenant, DIRECTORY_FRESH, e);
	return o->route &&
	       (version_named(&o->version, str_of(o->route->fhir_version)) ||
		   err_set(e, ERR_MISSING, "The tenant has no provider."));
}

/* ---- asking ---------------------------------------------------------------------- */

static void
ask(struct one *o)
{
	const struct run *r = o->run;
	struct upstream_target to = target_of(r->conf, &o->tenant, o->route);
	const struct probe_ask q = { .engine = r->engine,
		.to = &to,
		.shut = o->route->credential.shut,
		.version = o->version,
		.patient = o->patient,
		.mrn_system = str_of(o->route->mrn_system),
		.limits = { .depth = (unsigned)r->conf->request_depth,
		    .nodes = (size_t)r->conf->answer_nodes,
		    .object = true,
		    .bad = ERR_UPSTREAM_BAD,
		    .large = ERR_UPSTREAM_LARGE },
		.deadline_ms = clock_mono_ms() + r->within_s * 1000 };

	to.tokens = r->tokens;
	o->report = probe_run(o->a, &q);
}

/* ---- keeping ---------------------------------------------------------------------- */

static void
put_text(struct buf *b, const char *name, const char *text)
{
	buf_fmt(b, "\"%s\":", name);
	if (text)
		buf_json(b, text, strlen(text));
	else
		buf_str(b, "null");
	buf_char(b, ',');
}

static struct str
findings(const struct one *o)
{
	struct buf b = buf_new(o->a, FINDINGS_BYTES);

	for (int c = 0; c < PROBE_CALL__MAX; c++) {
		const struct probe_finding *f = &o->report->finding[c];

		buf_str(&b, c ? ",{" : "[{");
		put_text(&b, "call", probe_call_name((enum probe_call)c));
		put_text(&b, "title", probe_call_title((enum probe_call)c));
		put_text(&b, "word", probe_word_name(f->word));
		put_text(&b, "found", f->found);
		put_text(&b, "loss", f->loss);
		buf_fmt(&b, "\"ms\":%u,\"status\":%d}", f->ms, f->status);
	}
	buf_char(&b, ']');
	return (struct str){ b.at, b.len };
}

static bool
keep(struct one *o, struct err *e)
{
	const struct probe_report *r = o->report;
	int64_t ends_s = r->certificate.ends_s;
	const struct db_arg args[] = { db_arg_guid(&o->tenant),
		db_arg_int(o->route->revision),
		db_arg_text(str_of(probe_verdict_name(r->verdict))),
		db_arg_text(str_of(r->reason)), db_arg_bool(o->patient.len > 0),
		db_arg_int(r->took_ms),
		ends_s ? db_arg_time(ends_s * 1000000) : db_arg_null(),
		db_arg_text(findings(o)) };

	o->drift = db_ask(o->run->db, o->a, "probe_put", args, COUNT(args), e);
	return o->drift != NULL;
}

/* What was seen counts for the facade and the statements, until the next one. */
static bool
keep_found(struct one *o, struct err *e)
{
	struct ability can = o->report->can;

	can.probed = o->report->verdict != PROBE_UNUSABLE;
	return found_put(o->run->db, o->a, &o->tenant, o->route->revision, &can,
	    clock_now_s(), e);
}

/* ---- telling ---------------------------------------------------------------------- */

static void
say_finding(struct command *c, const struct probe_report *r, int call)
{
	const struct probe_finding *f = &r->finding[call];

	if (command_json(c))
		say_text(c, "call", probe_call_name((enum probe_call)call));
	say_text(c, "title", probe_call_title((enum probe_call)call));
	say_text(c, "word", probe_word_name(f->word));
	if (command_json(c)) {
		say_int(c, "status", f->status);
		say_int(c, "ms", f->ms);
	}
	say_text(c, "found", f->found);
	if (f->loss)
		say_text(c, "loss", f->loss);
	else if (command_json(c))
		say_null(c, "loss");
	else
		say_text(c, "loss", "");
	say_row(c);
}

static void
say_report(const struct one *o)
{
	struct command *c = o->run->c;

	say_guid(c, "tenant", &o->tenant);
	say_text(c, "name", o->name);
	say_text(c, "fhir_version", version_name(o->version));
	say_bool(c, "with_patient", o->patient.len > 0);
	say_list(c, "findings");
	for (int i = 0; i < PROBE_CALL__MAX; i++)
		if (o->report->finding[i].asked || command_json(c))
			say_finding(c, o->report, i);
	say_list_end(c);
	say_rows(c, "drift", o->drift);
	say_text(c, "verdict", probe_verdict_name(o->report->verdict));
	say_text(c, "reason", o->report->reason);
	say_int(c, "took_ms", o->report->took_ms);
}

/* ---- one, or each ------------------------------------------------------------------ */

static bool
probe(struct one *o, const char *tenant, struct err *e)
{
	if (!start(o, tenant, e) || !find(o, e))
		return false;
	ask(o);
	return keep(o, e) && keep_found(o, e);
}

static bool
probe_one(struct run *r, const char *tenant, struct err *e)
{
	struct one o = { .run = r, .a = command_arena(r->c) };

	if (!probe(&o, tenant, e))
		return false;
	say_report(&o);
	return o.report->verdict != PROBE_UNUSABLE ||
	       err_set(e, ERR_CONFLICT, "%s", o.report->reason);
}

/* What a hospital's server cannot do is told and no failure; what we cannot do
 * is one, when the others have had their turn. */
static void
probe_in_turn(struct run *r, const char *slug, struct err *e)
{
	struct one o = { .run = r, .a = arena_new() };
	struct err why = { .kind = ERR_NONE };
	bool done = probe(&o, slug, &why);

	say_text(r->c, "tenant", slug);
	say_text(r->c, "verdict",
	    done ? probe_verdict_name(o.report->verdict) : "failed");
	say_int(r->c, "changed", done ? (int64_t)db_count(o.drift) : 0);
	say_text(r->c, "reason",
	    done ? str_text(command_arena(r->c), str_of(o.report->reason))
		 : arena_printf(command_arena(r->c), "%s", why.said));
	say_row(r->c);
	arena_free(o.a);
	if (!done && e->kind == ERR_NONE)
		*e = why;
}

static bool
probe_each(struct run *r, struct err *e)
{
	struct arena *a = command_arena(r->c);
	const struct db_rows *rows =
	    db_ask(r->db, a, "probe_tenants", NULL, 0, e);
	size_t i;

	if (!rows)
		return false;
	say_list(r->c, "probes");
	for (i = 0; i < db_count(rows); i++)
		probe_in_turn(r, str_text(a, db_text(rows, i, 1)), e);
	say_list_end(r->c);
	return e->kind == ERR_NONE;
}

static bool
ready(struct run *r, struct err *e)
{
	return (r->conf = command_conf(r->c, e)) &&
	       (r->db = command_db(r->c, e)) &&
	       (r->engine = engine_start(r->conf, NULL, e));
}

bool
probe_ask(struct command *c, struct err *e)
{
	struct run r = { .c = c };
	bool all = command_flag(c, "--all"), fine;
	const char *tenant;

	r.no_patient = command_flag(c, "--no-patient");
	r.patient = command_option(c, "--patient");
	if (!command_number(c, "--within", 5, 600, WITHIN_S, &r.within_s, e))
		return false;
	tenant = all ? NULL : command_word(c, "TENANT");
	if (!command_end(c, e))
		return false;
	if (r.patient && (all || r.no_patient))
		return command_misused(c, e,
		    "--patient goes with one tenant, and not with "
		    "--no-patient.");
	if (!ready(&r, e))
		return false;
	r.tokens = upauth_new(NULL);
	r.directory = directory_alone(r.db, r.conf->sealing_key_dir);
	fine = all ? probe_each(&r, e) : probe_one(&r, tenant, e);
	directory_free(r.directory);
	upauth_free(r.tokens);
	engine_stop(r.engine);
	return fine;
}

/* ---- what was kept ------------------------------------------------------------------- */

/* Columns of probe_list. */
enum { TENANT, SLUG, NAME, AT, VERDICT, REASON, CHANGED = 9, OUTDATED };

static bool
say_kept(struct command *c, const struct db_rows *rows, struct err *e)
{
	const struct guid tenant = db_guid(rows, 0, TENANT);
	const struct db_arg of = db_arg_guid(&tenant);
	const struct db_rows *found;

	if (db_null(rows, 0, AT))
		return err_set(
		    e, ERR_MISSING, "This hospital has not been probed yet.");
	if (!(found = command_ask(c, "probe_findings", &of, 1, e)))
		return false;
	for (size_t k = 0; k <= OUTDATED; k++)
		say_cell(c, rows, 0, k);
	say_rows(c, "findings", found);
	return true;
}

static void
say_all(struct command *c, const struct db_rows *rows)
{
	static const int shown[] = { SLUG, AT, VERDICT, CHANGED, OUTDATED,
		REASON };

	say_list(c, "probes");
	for (size_t r = 0; r < db_count(rows); r++) {
		for (size_t i = 0; i < COUNT(shown); i++)
			say_cell(c, rows, r, (size_t)shown[i]);
		say_row(c);
	}
	say_list_end(c);
}

bool
probe_last(struct command *c, struct err *e)
{
	const char *tenant = command_word(c, NULL);
	const struct db_arg of = db_arg_text(str_of(tenant));
	const struct db_rows *rows;

	if (!command_end(c, e) ||
	    !(rows = command_ask(c, "probe_list", &of, 1, e)))
		return false;
	if (tenant && db_count(rows))
		return say_kept(c, rows, e);
	if (command_json(c))
		say_rows(c, "probes", rows);
	else
		say_all(c, rows);
	return true;
}

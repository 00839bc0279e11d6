/* rehearsal_answer.c - one interaction with a ward, truth and failures
 * SPDX-License-Identifier: Apache-2.0 */
#include "rehearsal/rehearsal_answer.h"

#include <string.h>

#include "rehearsal/rehearsal_bundle.h"
#include "rehearsal/rehearsal_date.h"
#include "rehearsal/rehearsal_statement.h"
#include "rehearsal/rehearsal_type.h"
#include "rehearsal/ward_shape.h"
#include "fhir/outcome.h"
#include "fhir/search.h"
#include "web/fail.h"

#define OUTCOME_BYTES_MAX   ((size_t)8 * 1024)
#define STATEMENT_BYTES_MAX ((size_t)256 * 1024)
#define MAGIC_WORLD         (WARD_WORLDS - 1) /* no default ward's */
#define SEGMENTS_MAX        4u

/* One interaction under way. */
struct act {
	const struct rehearsal_visit *v;
	const struct rehearsal_call *call;
	struct rehearsal_reply *reply;
	struct err err;
	struct str part[SEGMENTS_MAX]; /* of the path */
	size_t parts;
};

/* ---- answers ---- */

static void
say(struct rehearsal_reply *reply, enum fhir_version v, struct buf *b)
{
	reply->status = 200;
	reply->type = version_mime(v);
	reply->body = (struct str){ b->at, b->len };
}

void
rehearsal_outcome(const struct rehearsal_visit *v,
    struct rehearsal_reply *reply, unsigned status, const char *code,
    const char *text)
{
	const struct outcome_issue issue = {
		.severity = OUTCOME_ERROR, .code = code, .text = text
	};
	struct buf b = buf_new(v->a, OUTCOME_BYTES_MAX);

	outcome_write(&b, v->ward.version, &issue, 1);
	say(reply, v->ward.version, &b);
	reply->status = status;
	reply->etag = reply->modified = NULL;
}

void
rehearsal_refuse(const struct rehearsal_visit *v, struct rehearsal_reply *reply,
    const struct err *e)
{
	enum fail_face face = (enum fail_face)(FAIL_DSTU2 + v->ward.version);

	rehearsal_outcome(v, reply, fail_status(face, e->kind),
	    fail_issue_code(e->kind), fail_said(e));
}

/* ---- failures asked for by an id ---- */

static bool
take_magic(struct act *act, struct str value)
{
	size_t n = strlen(REHEARSAL_MAGIC);
	struct str name = { value.at + n, value.len - n };

	return rehearsal_fault_read(&act->reply->faults, name) ||
	       err_set(&act->err, ERR_UPSTREAM_NOT_FOUND,
		   "There is no failure of that name. There are %s; in an id, "
		   "rehearse-429 and so on.",
		   rehearsal_fault_names());
}

/* No ward holds this id: a resource is made up, so that what is done to it
 * can be seen. */
static bool
made_up(struct act *act, const char *type, struct str id)
{
	const struct rehearsal_visit *v = act->v;
	const struct ward ward = { v->ward.version, MAGIC_WORLD };
	struct buf b = buf_new(v->a, REHEARSAL_BODY_MAX);

	if (!take_magic(act, id))
		return false;
	ward_put(&b, &ward, type, 0, str_text(v->a, id));
	say(act->reply, v->ward.version, &b);
	return true;
}

/* ---- read ---- */

static bool
accepted(struct act *act, struct str format)
{
	struct version_face face = { .version = act->v->ward.version,
		.fixed = true };

	return version_accepted(&face, act->v->req->accept, format, &act->err);
}

static void
note_meta(struct act *act, const struct rehearsal_resource *r)
{
	struct arena *a = act->v->a;
	char *date = arena_get(a, REHEARSAL_HTTP_LEN);

	if (r->version_id.len)
		act->reply->etag =
		    arena_printf(a, "W/\"%.*s\"", STR_FMT(r->version_id));
	if (*rehearsal_date_http(date, r->last_updated))
		act->reply->modified = date;
}

static bool
unchanged(const struct act *act)
{
	return act->reply->etag && act->call->none_match.at &&
	       str_is(act->call->none_match, act->reply->etag);
}

static bool
read_one(struct act *act, const char *type, struct str id)
{
	struct rehearsal_resource r = { .id = id };
	struct rehearsal_reply *reply = act->reply;
	struct str format;

	reply->resource_type = type;
	reply->resource_id = id;
	if (!search_format(act->v->a, act->call->query, &format, &act->err) ||
	    !accepted(act, format))
		return false;
	if (!iface_id(id))
		return err_set(&act->err, ERR_ID, NULL);
	if (str_starts(id, REHEARSAL_MAGIC))
		return made_up(act, type, id);
	if (!rehearsal_store_read(
		act->v->db, act->v->a, &act->v->ward, type, id, &r, &act->err))
		return false;
	reply->status = 200;
	reply->type = version_mime(act->v->ward.version);
	reply->body = r.body;
	note_meta(act, &r);
	if (unchanged(act))
		reply->status = 304;
	return true;
}

/* ---- search ---- */

static bool
run_search(struct act *act, const char *type, struct str path,
    const struct rehearsal_query *q)
{
	const struct rehearsal_visit *v = act->v;
	struct buf b = buf_new(v->a, REHEARSAL_BODY_MAX);
	struct rehearsal_found found;

	if (!rehearsal_store_search(
		v->db, v->a, &v->ward, type, q, &found, &act->err))
		return false;
	rehearsal_searchset(&b, v, &act->reply->faults, path, type, q, &found);
	if (b.failed)
		return err_set(&act->err, ERR_UPSTREAM_LARGE,
		    "The page is too large. Ask for fewer with _count.");
	say(act->reply, v->ward.version, &b);
	return true;
}

/* patient: absent, or whose compartment is searched. */
static bool
search(struct act *act, const char *type, struct str query, struct str patient)
{
	const struct rehearsal_visit *v = act->v;
	const struct rehearsal_faults *f = &act->reply->faults;
	const struct rehearsal_ask ask = {
		.version = v->ward.version,
		.type = type,
		.query = query,
		.form = act->call->body,
		.base = v->base,
		.patient = patient,
		.strict = f->strict || search_strict(v->req->prefer),
		.nocontains = f->nocontains,
		.nocount = f->nocount,
		.nosort = f->nosort,
		.refusesort = f->refusesort,
		.noperson = f->noperson,
	};
	const struct rehearsal_query *q;
	struct str path;

	act->reply->searched = true;
	act->reply->resource_type = type;
	if (!(q = rehearsal_query_read(v->a, &ask, &act->err)) ||
	    !accepted(act, q->format) ||
	    (q->magic.at && !take_magic(act, q->magic)))
		return false;
	path = str_of(patient.at ? arena_printf(v->a, "/Patient/%.*s/%s",
				       STR_FMT(patient), type)
				 : arena_printf(v->a, "/%s", type));
	return run_search(act, type, path, q);
}

/* ---- what is asked ---- */

static bool
statement(struct act *act)
{
	const struct rehearsal_visit *v = act->v;
	const struct rehearsal_faults *f = &act->reply->faults;
	struct buf b = buf_new(v->a, STATEMENT_BYTES_MAX);
	struct str format;

	act->reply->stated = true;
	if (!search_format(v->a, act->call->query, &format, &act->err) ||
	    !accepted(act, format))
		return false;
	rehearsal_statement(&b, v->ward.version, v->link_base, v->ward.name,
	    f->demand == REHEARSAL_SMART ? v->token_url : STR_NONE, f);
	if (b.failed)
		return err_why(&act->err, ERR_BROKEN, "statement too large");
	say(act->reply, v->ward.version, &b);
	return true;
}

static bool
split(struct act *act, struct str path)
{
	act->parts = 0;
	while (path.len) {
		struct str rest = { path.at + 1, path.len - 1 };

		if (act->parts == SEGMENTS_MAX)
			return false;
		act->part[act->parts++] = str_cut(rest, '/', &rest);
		path = rest.at ? (struct str){ rest.at - 1, rest.len + 1 }
		               : STR_NONE;
	}
	return true;
}

static bool
type_known(struct act *act, struct str name, const char **type)
{
	*type = rehearsal_type(act->v->ward.version, name);
	if (act->reply->faults.nocoverage && str_is(name, "Coverage"))
		*type = NULL;
	return *type || err_set(&act->err, ERR_TYPE,
			    "This ward has no resources of that type.");
}

static bool
no_such_thing(struct act *act)
{
	return err_set(&act->err, ERR_INTERACTION,
	    "Only read, search, metadata and batch are served here.");
}

/* GET and HEAD. */
static bool
get(struct act *act, struct str query)
{
	const char *type;

	if (act->parts == 1 && str_is(act->part[0], "metadata"))
		return statement(act);
	if (!act->parts ||
	    !type_known(act, act->part[act->parts == 3 ? 2 : 0], &type))
		return act->parts ? false : no_such_thing(act);
	if (act->parts == 1)
		return search(act, type, query, STR_NONE);
	if (act->parts == 2 && !str_starts(act->part[1], "_"))
		return read_one(act, type, act->part[1]);
	if (act->parts == 3 && str_is(act->part[0], "Patient") &&
	    iface_id(act->part[1]) && !act->reply->faults.nocompartment)
		return search(act, type, query, act->part[1]);
	return no_such_thing(act);
}

static bool
post(struct act *act)
{
	const char *type;

	if (act->parts != 2 || !str_is(act->part[1], "_search"))
		return no_such_thing(act);
	if (act->reply->faults.getonly)
		return err_set(
		    &act->err, ERR_METHOD, "This provider answers GET alone.");
	if (!act->call->form)
		return err_set(
		    &act->err, ERR_MEDIA, "A search is posted as a form.");
	return type_known(act, act->part[0], &type) &&
	       search(act, type, act->call->query, STR_NONE);
}

/* ?_getpages= at the base stands for path and query of another search. */
static bool
unfold(struct act *act, struct str *query)
{
	struct str path = act->call->path;

	*query = act->call->query;
	if (!path.len && query->at && act->call->method != REQ_POST &&
	    !rehearsal_getpages(act->v->a, *query, &path, query, &act->err))
		return false;
	return split(act, path) || no_such_thing(act);
}

void
rehearsal_answer(const struct rehearsal_visit *v,
    const struct rehearsal_call *call, struct rehearsal_reply *reply)
{
	struct act act = { .v = v, .call = call, .reply = reply };
	struct str query;
	bool fine;

	memset(reply, 0, sizeof *reply);
	reply->faults = v->faults;
	fine = unfold(&act, &query);
	if (fine && call->method == REQ_POST)
		fine = post(&act);
	else if (fine && call->method != REQ_OTHER)
		fine = get(&act, query);
	else if (fine)
		fine = no_such_thing(&act);
	if (!fine) {
		reply->stale = act.err.kind == ERR_MISSING;
		rehearsal_refuse(v, reply, &act.err);
	}
}

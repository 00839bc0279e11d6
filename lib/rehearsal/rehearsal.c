/* rehearsal.c - a provider to practise on: wards of made-up patients
 * SPDX-License-Identifier: Apache-2.0 */
#include "rehearsal/rehearsal.h"

#include "base/clock.h"
#include "ext/fetch_url.h"

#include <string.h>

#include "rehearsal/rehearsal_answer.h"
#include "rehearsal/rehearsal_batch.h"
#include "rehearsal/rehearsal_bundle.h"
#include "rehearsal/rehearsal_door.h"
#include "rehearsal/rehearsal_fake.h"
#include "rehearsal/rehearsal_log.h"
#include "rehearsal/rehearsal_smart.h"
#include "rehearsal/rehearsal_token.h"
#include "rehearsal/rehearsal_wire.h"

#define MOUNT      "/rehearsal/"
#define METADATA   "/metadata" /* the one answer that asks nothing else */
#define FAULTS_MAX 4
#define FORM_TYPE  "application/x-www-form-urlencoded"

static struct db *db;

bool
rehearsal_start(
    struct arena *a, const struct conf *conf, bool cgi, struct err *e)
{
	(void)a;
	(void)cgi;
	return rehearsal_log_open(e) &&
	       (db = rehearsal_store_open(conf, conf->database_wait_ms, e));
}

void
rehearsal_stop(void)
{
	db_close(db);
	db = NULL;
}

void
rehearsal_begin(struct work *w)
{
	if (w->err.kind)
		rehearsal_log(w->a, w->req, STR_NONE);
}

/* ---- where it goes ---- */

static bool
ends_with(struct str s, const char *end)
{
	size_t n = strlen(end);

	return s.len >= n && !memcmp(s.at + s.len - n, end, n);
}

/* The next segment of a path: *rest begins with its slash, or is empty. */
static struct str
segment(struct str path, struct str *rest)
{
	struct str after, s = str_cut(path, '/', &after);

	*rest = after.at ? (struct str){ after.at - 1, after.len + 1 }
	                 : (struct str){ path.at + path.len, 0 };
	return s;
}

static bool
read_faults(struct rehearsal_visit *v, struct str *rest, struct err *e)
{
	unsigned n = 0;

	while (str_starts(*rest, "/~")) {
		struct str name =
		    segment((struct str){ rest->at + 2, rest->len - 2 }, rest);

		if (++n > FAULTS_MAX || !rehearsal_fault_read(&v->faults, name))
			return err_set(e, ERR_ADDRESS,
			    "There is no failure of that name, or there are "
			    "more than %d. There are %s.",
			    FAULTS_MAX, rehearsal_fault_names());
	}
	return true;
}

/* As whoever asks calls us: a certificate is shown at a port of its own. */
static struct str
origin(const struct work *w, const struct rehearsal_visit *v)
{
	struct str own = str_of(w->conf->public_base);
	struct fetch_url u;
	uint64_t port;

	if (!v->faults.mtls || !str_number(w->req->tls_port, 5, &port) ||
	    port > UINT16_MAX || !fetch_url_read(w->a, own, &u))
		return own;
	u.https = true;
	u.port = (uint16_t)port;
	u.path = "";
	return str_of(fetch_url_write(w->a, &u));
}

/* The origin and the path of this request up to `end`. */
static struct str
url_to(const struct work *w, const struct rehearsal_visit *v, const char *end)
{
	return str_of(arena_printf(w->a, "%.*s%.*s", STR_FMT(origin(w, v)),
	    (int)(end - w->req->path.at), w->req->path.at));
}

/* /rehearsal/r4/~slow/Patient/p-101: ward r4, base to the end of ~slow. */
static bool
read_path(struct work *w, struct rehearsal_visit *v, struct str *rest)
{
	struct str path = w->req->path, name;
	size_t mount = sizeof MOUNT - 1;
	const char *name_end;

	name = segment((struct str){ path.at + mount, path.len - mount }, rest);
	if (!rehearsal_store_ward(
		db, w->a, name, ends_with(path, METADATA), &v->ward, &w->err))
		return false;
	w->face = (enum fail_face)(FAIL_DSTU2 + v->ward.version);
	name_end = rest->at;
	if (!read_faults(v, rest, &w->err))
		return false;
	v->root = url_to(w, v, name_end);
	v->base = url_to(w, v, rest->at);
	if (rehearsal_token_wanted(v->faults.demand))
		v->token_url = str_of(arena_printf(
		    w->a, "%.*s" REHEARSAL_TOKEN_PATH, STR_FMT(v->base)));
	v->link_base = rehearsal_link_base(w->a, v->base, v->faults.links);
	if (str_is(*rest, "/"))
		rest->len = 0;
	return true;
}

/* ---- what is asked ---- */

static bool
is_form(const struct work *w)
{
	return req_media(w->req, FORM_TYPE);
}

static bool
read_body(struct work *w, struct str *body)
{
	*body = STR_NONE;
	return w->req->method != REQ_POST ||
	       serve_body(w, REHEARSAL_BATCH_BYTES, body);
}

/* A batch that fails as a whole is not looked into. */
static bool
is_batch(const struct rehearsal_visit *v, const struct rehearsal_call *call)
{
	return call->method == REQ_POST && !call->path.len &&
	       (v->faults.instead == REHEARSAL_TRUTH ||
		   v->faults.instead == REHEARSAL_VERSION ||
		   v->faults.instead == REHEARSAL_WRONGTYPE);
}

/* What a ward with tokens has beside its records; false: nothing there. */
static bool
reply_about_tokens(const struct rehearsal_visit *v,
    const struct rehearsal_call *call, struct rehearsal_reply *reply)
{
	if (!rehearsal_token_wanted(v->faults.demand) ||
	    v->faults.instead != REHEARSAL_TRUTH)
		return false;
	if (str_is(call->path, REHEARSAL_TOKEN_PATH))
		rehearsal_token_give(v, call, clock_now_s(), reply);
	else if (v->faults.demand == REHEARSAL_SMART &&
		 (call->method == REQ_GET || call->method == REQ_HEAD) &&
		 str_is(call->path, REHEARSAL_SMART_CONFIGURATION))
		rehearsal_smart_configuration(v, reply);
	else
		return false;
	return true;
}

static void
reply_to(const struct rehearsal_visit *v, const struct rehearsal_call *call,
    struct rehearsal_reply *reply)
{
	if (!rehearsal_door_open(v, call->path, clock_now_s(), reply) ||
	    reply_about_tokens(v, call, reply))
		return;
	if (is_batch(v, call)) {
		rehearsal_batch(v, call->body, reply);
		return;
	}
	rehearsal_answer(v, call, reply);
	rehearsal_fake(v, call, reply, true);
}

bool
rehearsal_handle(struct work *w)
{
	struct rehearsal_visit v = {
		.a = w->a, .db = db, .conf = w->conf, .req = w->req
	};
	struct rehearsal_call call = { .method = w->req->method,
		.query = w->req->query,
		.none_match = w->req->if_none_match,
		.form = is_form(w) };
	struct rehearsal_reply reply;
	bool whole = read_body(w, &call.body);

	rehearsal_log(w->a, w->req, call.body);
	if (!whole || !read_path(w, &v, &call.path))
		return false;
	reply_to(&v, &call, &reply);
	if (reply.stale) {
		memset(&v.faults, 0, sizeof v.faults);
		if (!read_path(w, &v, &call.path))
			return false;
		reply_to(&v, &call, &reply);
	}
	rehearsal_wait(reply.faults.slow_ms);
	rehearsal_send(w, &reply);
	return true;
}

/* facade.c - the FHIR endpoint: checks the token, routes, answers
 * SPDX-License-Identifier: Apache-2.0 */
#include "app/facade.h"

#include <string.h>

#include "app/face_page.h"
#include "app/facade_ask.h"
#include "app/target.h"
#include "app/visit.h"
#include "base/clock.h"
#include "base/log.h"
#include "fhir/search.h"
#include "ext/prepare.h"
#include "gate/credential.h"
#include "gate/meter.h"
#include "gate/found.h"

#define PAGE_BYTES_MAX ((size_t)64 * 1024)

static struct facade facade;

static bool
start_engine(const struct conf *conf, struct err *e)
{
	facade.engine = engine_start(conf, NULL, e);
	if (facade.engine)
		engine_heed(facade.engine, facade.breakers);
	return facade.engine != NULL;
}

bool
facade_start(struct arena *a, const struct conf *conf, bool cgi, struct err *e)
{
	if (!credential_keys_fit(conf->sealing_key_dir, e) ||
	    !meter_open(conf, "facade", e) ||
	    !(facade.gateway = gateway_open(
		  a, conf, "facade", prepare_facade, false, cgi, e)))
		return false;
	facade.loss = cgi ? loss_alone(facade.gateway->db)
	                  : loss_start(facade.gateway->db, e);
	return facade.loss && (facade.abilities = abilities_new()) &&
	       (facade.tokens = upauth_new(NULL)) &&
	       (facade.cursors = cursor_open(facade.gateway->db, conf, e)) &&
	       (facade.breakers = breakers_open(conf, e)) &&
	       start_engine(conf, e) &&
	       (cgi || (facade.bulkhead =
			       bulkhead_new((unsigned)conf->facade_threads,
				   (unsigned)conf->provider_requests))) &&
	       (cgi || (facade.crew =
			       fanout_start((unsigned)conf->crew_threads, e)));
}

void
facade_stop(void)
{
	fanout_stop(facade.crew);
	engine_stop(facade.engine);
	upauth_free(facade.tokens);
	breakers_close(facade.breakers);
	bulkhead_free(facade.bulkhead);
	cursor_close(facade.cursors);
	loss_stop(facade.loss);
	abilities_free(facade.abilities);
	gateway_close(facade.gateway);
	meter_close();
}

void
facade_refused(struct work *w)
{
	gateway_refused(facade.gateway, w);
}

bool
facade_settle(struct work *w)
{
	return gateway_settle(facade.gateway, w);
}

bool
facade_settle_later(struct work *w)
{
	return gateway_settle_later(facade.gateway, w);
}

/* The face decides how everything after it is worded. */
static bool
find_face(struct visit *v)
{
	struct work *w = v->w;

	if (!version_of_path(&v->face, w->req->path,
		(enum fhir_version)w->conf->default_face))
		return err_set(&w->err, ERR_ADDRESS, NULL);
	w->face = (enum fail_face)(FAIL_DSTU2 + v->face.version);
	v->row->face = str_of(version_name(v->face.version));
	v->base = str_of(arena_printf(
	    w->a, "%s%.*s", w->conf->public_base, STR_FMT(v->face.path)));
	return true;
}

/* Somebody opened the address in a browser: no record is involved. */
static bool
wants_page(const struct visit *v)
{
	const struct req *r = v->w->req;

	return (!v->face.rest.len || str_is(v->face.rest, "/")) &&
	       !r->query.at && (r->method == REQ_GET || r->method == REQ_HEAD);
}

static bool
show_page(struct visit *v)
{
	struct buf b = buf_new(v->w->a, PAGE_BYTES_MAX);

	v->row->interaction = STR("page");
	face_page_write(&b, v->w->conf, v->face.version);
	if (b.failed)
		return err_why(&v->w->err, ERR_BROKEN, "page too large");
	v->w->resp->type = PAGE_TYPE;
	v->w->resp->body = (struct str){ b.at, b.len };
	resp_header(v->w->resp, "Content-Security-Policy", page_csp);
	return true;
}

static bool
check_token(struct visit *v)
{
	struct work *w = v->w;

	v->claims = bearer_read(w->a, facade.gateway->keyring,
	    &facade.gateway->rules, w->req->authorization, v->now_s, &w->err);
	if (!v->claims)
		return false;
	v->row->has_client = v->row->has_tenant = true;
	v->row->client = v->claims->client;
	v->row->tenant = v->claims->tenant;
	v->row->jti = str_of(v->claims->jti);
	v->row->cred = str_of(v->claims->cred);
	return true;
}

/* Without a type there may be no body. Whether there is one is found out by
 * reading: its length need not have been told. */
static bool
read_form(struct visit *v)
{
	struct work *w = v->w;
	bool typed = w->req->content_type.len > 0;
	bool fits = req_media(w->req, "application/x-www-form-urlencoded");

	if (!v->posted)
		return true;
	if ((fits || !typed) &&
	    !serve_body(w, (size_t)w->conf->search_form_bytes, &v->form))
		return false;
	return fits || (!typed && !v->form.len) ||
	       err_set(&w->err, ERR_MEDIA,
		   "Send the search as application/x-www-form-urlencoded.");
}

static bool
read_bundle(struct visit *v)
{
	struct work *w = v->w;

	if (!version_is_json(w->req->content_type))
		return err_set(&w->err, ERR_MEDIA,
		    "Send the batch as JSON: %s.",
		    version_type(v->face.version));
	return serve_body(w, (size_t)w->conf->facade_body_bytes, &v->body);
}

static bool
read_body(struct visit *v)
{
	return v->batch ? read_bundle(v) : read_form(v);
}

static bool
find_tenant(struct visit *v)
{
	struct work *w = v->w;
	struct directory *d = facade.gateway->directory;
	struct err first = { .kind = ERR_NONE };

	v->route = directory_route(d, w->a, &v->claims->client,
	    &v->claims->tenant, DIRECTORY_CACHED, &w->err);
	if (bearer_allowed(v->route, v->claims, v->now_s, &first))
		return true;
	v->route = directory_route(d, w->a, &v->claims->client,
	    &v->claims->tenant, DIRECTORY_FRESH, &w->err);
	return v->route &&
	       bearer_allowed(v->route, v->claims, v->now_s, &w->err);
}

/* Only now: nobody else can empty these. */
static bool
client_in_bounds(struct visit *v)
{
	v->w->cell = meter_tenant(v->route->slug);
	return gateway_draw(
	    facade.gateway, v->w, LIMIT_CLIENT, &v->claims->client, 1);
}

static bool
in_bounds(struct visit *v)
{
	return client_in_bounds(v) && gateway_draw(facade.gateway, v->w,
					  LIMIT_TENANT, &v->claims->tenant, 1);
}

static bool
not_revoked(struct visit *v)
{
	return gateway_token_counts(
	    facade.gateway, v->w->a, v->claims, &v->w->err);
}

static bool
asked_well(struct visit *v)
{
	return visit_route(v) && /* does the interface table know this */
	       read_body(v) &&   /* POST _search, batch */
	       visit_accepts(v); /* can we answer in the form asked for */
}

/* What cannot be answered is written down all the same, so it counts for the
 * client, though not for the hospital. Returns false, with why. */
static bool
counted(struct visit *v)
{
	struct err why = v->w->err;

	err_clear(&v->w->err);
	if (find_tenant(v) && not_revoked(v) && client_in_bounds(v))
		v->w->err = why;
	return false;
}

static bool
find_provider(struct visit *v)
{
	struct work *w = v->w;

	if (!version_named(&v->speaks, str_of(v->route->fhir_version)) ||
	    !links_open(&v->links, w->a, str_of(v->route->base_url), v->base))
		return err_why(&w->err, ERR_BROKEN, "provider row unusable");
	meter_versions(v->face.version, v->speaks);
	v->links_only = !strcmp(v->route->mode, "links");
	if (v->links_only && v->speaks != v->face.version)
		return err_set(&w->err, ERR_FACE,
		    "This hospital's records are passed on in %s only; read "
		    "them at %s%s.",
		    version_name(v->speaks), w->conf->public_base,
		    version_face(v->speaks));
	if (v->route->credential.shut)
		return err_why(&w->err, ERR_CREDENTIAL, "%.300s",
		    v->route->credential.shut);
	v->to = target_of(w->conf, &v->claims->tenant, v->route);
	v->to.tokens = facade.tokens;
	v->to.cell = w->cell;
	return true;
}

/* What was found out about the provider is kept for the statements. Rare: a
 * process learns a thing once in a while. */
static void
keep_found(struct visit *v)
{
	const struct abilities_of of = facade_ask_of(v);
	struct err e = { .kind = ERR_NONE };
	struct ability can;

	if (abilities_news(facade.abilities, &of, &can) &&
	    !found_put(facade.gateway->db, v->w->a, &v->claims->tenant,
		v->to.revision, &can, v->now_s, &e))
		log_event(LOG_WARN, "found_not_kept", LOG_WHY, e.why, LOG_END);
}

/* A batch that took long is none of the good ends, whatever its entries say. */
static bool
ended_well(const struct visit *v, bool fine, int64_t took_us)
{
	enum err_kind kind = fine ? ERR_NONE : v->w->err.kind;

	return kind != ERR_UPSTREAM_TIMEOUT && kind != ERR_UPSTREAM_CONNECT &&
	       !(v->batch && took_us > BULKHEAD_SILENT_US);
}

/* The thread is the hospital's meanwhile. */
static bool
answer(struct visit *v)
{
	const struct guid *tenant = &v->claims->tenant;
	int64_t began_us = clock_mono_us(), now_us;
	bool fine;

	if (facade.bulkhead &&
	    !bulkhead_enter(facade.bulkhead, tenant,
		(unsigned)v->route->requests_max, began_us, &v->w->err))
		return false;
	fine = visit_answers(v);
	keep_found(v);
	now_us = clock_mono_us();
	if (facade.bulkhead)
		bulkhead_leave(facade.bulkhead, tenant,
		    ended_well(v, fine, now_us - began_us), now_us);
	return fine;
}

bool
facade_answer(struct work *w)
{
	struct visit *v = arena_get(w->a, sizeof *v);

	v->w = w;
	v->row = gateway_row(w);
	v->facade = &facade;
	v->now_s = w->req->start_us / 1000000;
	if (!find_face(v))
		return false;
	if (wants_page(v))
		return show_page(v);
	return check_token(v) && /* who asks, and for which tenant */
	       (asked_well(v) || counted(v)) &&
	       find_tenant(v) &&   /* may this token be used right now */
	       not_revoked(v) &&   /* or did somebody end it */
	       in_bounds(v) &&     /* and not more often than agreed */
	       find_provider(v) && /* which server, which FHIR version */
	       answer(v);
}

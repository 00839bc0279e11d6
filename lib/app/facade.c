/* facade.c - the FHIR endpoint: checks the token, routes, answers
 * SPDX-License-Identifier: Apache-2.0 */
#include "app/facade.h"

#include "app/face_page.h"
#include "app/visit.h"
#include "fhir/search.h"
#include "ext/prepare.h"

#define PAGE_BYTES_MAX ((size_t)64 * 1024)

static struct facade facade;

bool
facade_start(struct arena *a, const struct conf *conf, bool cgi, struct err *e)
{
	facade.gateway =
	    gateway_open(a, conf, "facade", prepare_facade, false, cgi, e);
	return facade.gateway &&
	       (facade.cursors = cursor_open(facade.gateway->db, conf, e)) &&
	       (facade.engine = engine_start(conf, NULL, e)) &&
	       (cgi || (facade.crew =
			       fanout_start((unsigned)conf->crew_threads, e)));
}

void
facade_stop(void)
{
	fanout_stop(facade.crew);
	engine_stop(facade.engine);
	cursor_close(facade.cursors);
	gateway_close(facade.gateway);
}

bool
facade_settle(struct work *w)
{
	resp_header(w->resp, "Vary", "Accept, Authorization");
	return gateway_settle(facade.gateway, w);
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

static bool
is_read(const struct req *r)
{
	return r->method == REQ_GET || r->method == REQ_HEAD;
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

/* The tenant comes from the token alone: whoever names another one elsewhere
 * is told so, whoever names the same is not helped by it. */
static bool
names_other(const struct visit *v, struct str text)
{
	struct guid named;

	return guid_read(&named, text) && !guid_eq(&named, &v->claims->tenant);
}

static bool
no_other_tenant(struct visit *v)
{
	struct str rest = v->face.rest, first;

	if (rest.len)
		rest = (struct str){ rest.at + 1, rest.len - 1 };
	first = str_cut(rest, '/', &rest);
	if (names_other(v, first) ||
	    (v->w->req->tenant_header.at &&
		(names_other(v, v->w->req->tenant_header) ||
		    v->w->req->tenant_header.len != GUID_LEN)))
		return err_set(&v->w->err, ERR_TENANT_OTHER, NULL);
	return true;
}

static bool
refuse_interaction(struct visit *v, const char *allow)
{
	v->w->allow = allow;
	return err_set(&v->w->err, ERR_INTERACTION, NULL);
}

/* /Type/id and /Type/_search. */
static bool
find_second(struct visit *v, struct str second)
{
	struct work *w = v->w;

	if (str_is(second, "_search")) {
		v->posted = true;
		return w->req->method == REQ_POST ||
		       refuse_interaction(v, "POST");
	}
	if (second.len && (second.at[0] == '_' || second.at[0] == '$'))
		return refuse_interaction(v, "GET, HEAD, POST");
	if (!iface_id(second))
		return err_set(&w->err, ERR_ID, NULL);
	v->id = second;
	return is_read(w->req) || refuse_interaction(v, "GET, HEAD");
}

static bool
find_interaction(struct visit *v)
{
	struct work *w = v->w;
	struct str rest = v->face.rest, type, second;

	if (!rest.len || str_is(rest, "/"))
		return refuse_interaction(v, "GET, HEAD");
	type = str_cut((struct str){ rest.at + 1, rest.len - 1 }, '/', &rest);
	second = rest.at ? str_cut(rest, '/', &rest) : STR_NONE;
	if (type.len && (type.at[0] == '_' || type.at[0] == '$'))
		return refuse_interaction(v, "GET, HEAD");
	if (!iface_named(&v->type, v->face.version, type))
		return err_set(&w->err, ERR_TYPE, NULL);
	v->type_name = str_of(iface_name(v->type, v->face.version));
	v->row->type = v->type_name;
	if (second.at && rest.at) /* _history, operations, compartments */
		return refuse_interaction(v, "GET, HEAD");
	if (second.at)
		return find_second(v, second);
	return is_read(w->req) || refuse_interaction(v, "GET, HEAD");
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

/* Query and form both count; that they agree is for fhir/search to see. */
static bool
find_format(struct visit *v, struct str *format)
{
	struct work *w = v->w;
	struct str posted;

	if (!search_format(w->a, w->req->query, format, &w->err) ||
	    !search_format(w->a, v->form, &posted, &w->err))
		return false;
	if (!format->len)
		*format = posted;
	return true;
}

static bool
check_accept(struct visit *v)
{
	struct work *w = v->w;
	enum fhir_version was = v->face.version;
	struct str format;

	if (!find_format(v, &format) ||
	    !version_accepted(&v->face, w->req->accept, format, &w->err))
		return false;
	if (v->face.version == was)
		return true;
	/* Accept or _format chose the version of the default face */
	w->face = (enum fail_face)(FAIL_DSTU2 + v->face.version);
	v->row->face = str_of(version_name(v->face.version));
	return find_interaction(v);
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

static bool
find_provider(struct visit *v)
{
	struct work *w = v->w;
	enum fhir_version speaks;

	if (!version_named(&speaks, str_of(v->route->fhir_version)) ||
	    !links_open(&v->links, w->a, str_of(v->route->base_url), v->base))
		return err_why(&w->err, ERR_BROKEN, "provider row unusable");
	if (speaks != v->face.version)
		return err_set(&w->err, ERR_FACE,
		    "This hospital's server speaks %s; read it at %s%s.",
		    version_name(speaks), w->conf->public_base,
		    version_face(speaks));
	v->to = (struct upstream_target){ .provider = v->claims->tenant,
		.revision = v->route->revision,
		.base_url = v->route->base_url,
		.connect_ms = (unsigned)v->route->connect_ms,
		.total_ms = (unsigned)v->route->wait_ms,
		.http2 = v->route->http2,
		.loopback_http = w->conf->provider_http == CONF_HTTP_LOOPBACK };
	return true;
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
	return check_token(v) &&      /* who asks, and for which tenant */
	       no_other_tenant(v) &&  /* nothing else may name one */
	       find_interaction(v) && /* does the interface table know this */
	       read_form(v) &&        /* POST _search */
	       check_accept(v) &&     /* can we answer in the form asked for */
	       find_tenant(v) &&      /* may this token be used right now */
	       find_provider(v) &&    /* which server, which FHIR version */
	       (v->id.at ? visit_read(v) : visit_search(v));
}

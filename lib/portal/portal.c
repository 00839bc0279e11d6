/* portal.c - the life of the program `admin`, and one page of it
 * SPDX-License-Identifier: Apache-2.0 */
#include "portal/portal.h"

#include <string.h>

#include "app/params.h"
#include "portal/portal_parts.h"
#include "base/clock.h"
#include "base/log.h"
#include "ext/otp.h"
#include "ext/prepare.h"
#include "gate/meter.h"
#include "gate/secret.h"

#define CONNECTIONS 4

static struct portal portal;

/* ---- start and end ----------------------------------------------------------------- */

static bool
open_database(struct err *e)
{
	const struct db_opts o = { .conninfo = portal.conf->database,
		.role = "wg_admin",
		.plain = true,
		.passfile = portal.conf->database_passfile,
		.application_name = "wardgate admin/" WG_VERSION,
		.prepare_sql = prepare_admin,
		.connections = CONNECTIONS,
		.wait_ms = portal.conf->database_wait_ms };

	return (portal.db = db_open(&o, e)) != NULL;
}

static bool
open_pages(struct arena *a, struct err *e)
{
	const char *dir = *portal.conf->portal_dir ? portal.conf->portal_dir
	                                           : WG_SHARE "/portal";

	return words_start(a, arena_printf(a, "%s/locale", dir), e) &&
	       (portal.templates =
		       templates_open(a, arena_printf(a, "%s/templates", dir),
			   arena_printf(a, "%s/static", dir),
			   PORTAL_BASE "/static", e));
}

/* People are served also when nobody counts. */
static void
open_meter(void)
{
	struct err no = { .kind = ERR_NONE };

	if (!meter_open(portal.conf, "admin", &no))
		log_event(LOG_ERROR, "metrics_off", LOG_WHY, no.said, LOG_END);
}

bool
portal_start(struct arena *a, const struct conf *conf, bool cgi, struct err *e)
{
	(void)cgi; /* the diagnostic mode needs nothing else */
	portal.conf = conf;
	open_meter();
	return otp_start(e) &&
	       account_keys_open(&portal.keys, conf->portal_key_file, e) &&
	       (portal.peppers = secret_peppers_open(conf->pepper_dir, e)) &&
	       open_pages(a, e) && open_database(e);
}

void
portal_stop(void)
{
	meter_close();
	db_close(portal.db);
	secret_peppers_free(portal.peppers);
	account_keys_free(&portal.keys);
}

/* ---- which page -------------------------------------------------------------------- */

/* RFC 3986 unreserved, so that it can stand in an address as it is. */
static bool
is_part(struct str s)
{
	size_t i;

	for (i = 0; i < s.len; i++) {
		char c = s.at[i];

		if ((c < 'a' || c > 'z') && (c < 'A' || c > 'Z') &&
		    (c < '0' || c > '9') && (!c || !strchr("-._~", c)))
			return false;
	}
	return s.len && s.at[0] != '.';
}

bool
portal_fits(const char *pattern, struct str path, struct str part[PORTAL_PARTS])
{
	struct str wanted = str_of(pattern), a, b;
	size_t n = 0;

	while (wanted.at && path.at) {
		a = str_cut(wanted, '/', &wanted);
		b = str_cut(path, '/', &path);
		if (str_is(a, "*")) {
			if (!is_part(b) || n == PORTAL_PARTS)
				return false;
			part[n++] = b;
		} else if (!str_eq(a, b)) {
			return false;
		}
	}
	return !wanted.at && !path.at;
}

static bool
find_route(struct page *p)
{
	struct work *w = p->w;
	struct str path = w->req->path;
	const char *method = w->req->method == REQ_POST ? "POST" : "GET";
	size_t n, i;
	const struct portal_route *routes = portal_routes(&n);
	bool elsewhere = false;

	path.at += strlen(PORTAL_BASE);
	path.len -= strlen(PORTAL_BASE);
	if (path.len > 1 && path.at[path.len - 1] == '/')
		path.len--;
	if (!path.len)
		path = STR("/");
	for (i = 0; i < n && w->req->method != REQ_OTHER; i++) {
		if (!portal_fits(routes[i].path, path, p->part))
			continue;
		if (!strcmp(routes[i].method, method)) {
			p->route = &routes[i];
			return true;
		}
		elsewhere = true;
	}
	if (w->req->method == REQ_OTHER || elsewhere) {
		w->allow = "GET, HEAD, POST";
		return err_set(&w->err, ERR_METHOD, NULL);
	}
	return err_set(&w->err, ERR_ADDRESS, NULL);
}

/* ---- may it be shown ----------------------------------------------------------------- */

/* Written by our own page in this browser? Sec-Fetch-Site says so, and no page
 * can forge it. Origin says so too, but is "null" from pages that send no Referer,
 * as ours are (W3C Fetch Metadata 2.1; Fetch 3.1). An old browser that says
 * neither has the proof of its session alone. */
static bool
own_site(const struct work *w)
{
	const struct req *r = w->req;
	bool ours = str_is(r->origin, w->conf->public_base);

	if (!r->fetch_site.at)
		return !r->origin.at || ours;
	return str_is(r->fetch_site, "same-origin") &&
	       (!r->origin.at || ours || str_is(r->origin, "null"));
}

static bool
read_fields(struct page *p)
{
	struct work *w = p->w;
	struct str text = w->req->query;

	p->form = arena_get(w->a, sizeof *p->form);
	if (w->req->method != REQ_POST)
		return !text.at || params_read(p->form, w->a, text, &w->err);
	if (!own_site(w))
		return err_set(&w->err, ERR_FORM, NULL);
	if (!req_media(w->req, "application/x-www-form-urlencoded"))
		return err_set(&w->err, ERR_FORM, NULL);
	return serve_body(w, (size_t)w->conf->portal_body_bytes, &p->body) &&
	       params_read(p->form, w->a, p->body, &w->err);
}

/* Before anybody is signed in there is no proof to carry: then the browser has to
 * say where the form comes from. */
static bool
form_ours(struct page *p)
{
	if (p->w->req->method != REQ_POST)
		return true;
	if (p->session.stage == SESSION_NONE
		? p->w->req->origin.at || p->w->req->fetch_site.at
		: session_proves(p->portal->keys.form, &p->session,
		      page_field(p, "proof")))
		return true;
	return err_set(&p->w->err, ERR_FORM, NULL);
}

/* What needs more than was given goes where it is given. An address that is not
 * for this role does not exist. */
static const char *
missing(const struct page *p)
{
	enum session_stage stage = p->session.stage;

	switch (p->route->need) {
	case NEED_NOBODY:
		return NULL;
	case NEED_CODE:
		return stage == SESSION_NONE ? "/signin" : NULL;
	case NEED_ENROL:
		return stage == SESSION_NONE   ? "/signin"
		       : stage == SESSION_CODE ? "/code"
		                               : NULL;
	case NEED_FULL:
	case NEED_PROOF:
		break;
	}
	if (stage != SESSION_FULL)
		return stage == SESSION_NONE   ? "/signin"
		       : stage == SESSION_CODE ? "/code"
		                               : "/phone";
	return p->route->need == NEED_PROOF && !p->session.proved ? "/again"
	                                                          : NULL;
}

static bool
role_fits(struct page *p)
{
	return p->session.stage == SESSION_NONE ||
	       (p->session.roles & p->route->roles) ||
	       err_set(&p->w->err, ERR_ADDRESS, NULL);
}

static bool
go_first(struct page *p, const char *first)
{
	struct str path = p->w->req->path;

	path.at += strlen(PORTAL_BASE);
	path.len -= strlen(PORTAL_BASE);
	return page_go_for(p, first, path.len < 2 ? STR("") : path);
}

/* Where the web server says who somebody is, it does so each time, and a session
 * of somebody else ends. */
static bool
remote_user_same(struct page *p)
{
	struct str user = page_remote_user(p);
	struct work *w = p->w;

	if (w->conf->portal_remote_user == CONF_OFF)
		return true;
	if (!user.len)
		return err_set(&w->err, ERR_STRANGER, NULL);
	if (p->session.stage == SESSION_NONE || str_eq(user, p->session.login))
		return true;
	p->session.stage = SESSION_NONE;
	return session_end(p->portal->db, w->a, &p->session, &w->err);
}

/* Which page, and what it is to be filled with, as far as that can be asked before
 * it is known for whom. */
static bool
read_page(struct page *p, struct err *e)
{
	struct err *ours = &p->w->err;

	if (!find_route(p) || !read_fields(p)) {
		*e = *ours;
		err_clear(ours);
		return false;
	}
	if (p->route->ahead) {
		p->route->ahead(p);
		err_clear(ours);
	}
	return true;
}

static bool
dispatch(struct page *p)
{
	struct err wrong = { .kind = ERR_NONE }; /* with the request */
	bool readable = read_page(p, &wrong);
	const char *first;

	if (!session_find(&p->session, p->portal->db, p->w->a, p->w->conf,
		p->w->req->cookie, &p->asks, &p->w->err))
		return false;
	page_language(p);
	if (!remote_user_same(p))
		return false;
	if (!readable) {
		p->w->err = wrong;
		return false;
	}
	if ((first = missing(p)))
		return go_first(p, first);
	return role_fits(p) && form_ours(p) && p->route->show(p);
}

bool
portal_answer(struct work *w)
{
	struct page *p = arena_get(w->a, sizeof *p);
	bool shown;

	p->w = w;
	p->portal = &portal;
	p->view = view_new(w->a);
	shown = dispatch(p) || page_failed(p);
	crypt_wipe((void *)(uintptr_t)p->body.at, p->body.len);
	page_forget(p);
	return shown;
}

void
portal_count(const struct work *w, enum err_kind told)
{
	const struct meter_request r = { .kind = told,
		.status = w->resp->status,
		.interaction = STR("page"),
		.took_us = clock_now_us() - w->req->start_us };

	meter_request(&r);
}

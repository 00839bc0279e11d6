/* portal.c - the life of the program `admin`, and one page of it
 * SPDX-License-Identifier: Apache-2.0 */
#include "app/portal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "app/params.h"
#include "base/clock.h"
#include "ext/otp.h"
#include "ext/prepare.h"
#include "gate/secret.h"

#define BASE         "/admin"
#define PAGE_BYTES   ((size_t)4 * 1024 * 1024)
#define CONNECTIONS  4
#define COOKIE_RULES "; Path=/; Secure; HttpOnly; SameSite=Strict"

static struct portal portal;

/* Nothing but our own stylesheet and script, and forms to ourselves. */
static const char policy[] =
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/* ---- start and end ----------------------------------------------------------------- */

static bool
open_database(struct arena *a, struct err *e)
{
	const struct db_opts o = { .conninfo = portal.conf->database,
		.role = "wg_admin",
		.plain = true,
		.passfile = portal.conf->database_passfile,
		.application_name = "wardgate admin",
		.prepare_sql = prepare_admin,
		.connections = CONNECTIONS,
		.wait_ms = portal.conf->database_wait_ms };

	(void)a;
	return (portal.db = db_open(&o, e)) != NULL;
}

static bool
open_pages(struct arena *a, struct err *e)
{
	const char *dir = *portal.conf->portal_dir ? portal.conf->portal_dir
	                                           : WG_SHARE "/portal";

	return words_start(a, arena_printf(a, "%s/locale", dir), e) &&
	       (portal.templates = templates_open(a,
		    arena_printf(a, "%s/templates", dir),
		    arena_printf(a, "%s/static", dir), BASE "/static", e));
}

bool
portal_start(struct arena *a, const struct conf *conf, bool cgi, struct err *e)
{
	(void)cgi; /* the diagnostic mode needs nothing else */
	portal.conf = conf;
	return otp_start(e) &&
	       account_keys_open(&portal.keys, conf->portal_key_file, e) &&
	       (portal.peppers = secret_peppers_open(conf->pepper_dir, e)) &&
	       open_pages(a, e) && open_database(a, e);
}

void
portal_stop(void)
{
	db_close(portal.db);
	secret_peppers_free(portal.peppers);
	account_keys_free(&portal.keys);
}

/* ---- which page -------------------------------------------------------------------- */

static bool
path_fits(const char *pattern, struct str path, struct str part[PORTAL_PARTS])
{
	struct str wanted = str_of(pattern), a, b;
	size_t n = 0;

	while (wanted.at && path.at) {
		a = str_cut(wanted, '/', &wanted);
		b = str_cut(path, '/', &path);
		if (str_is(a, "*")) {
			if (!b.len || n == PORTAL_PARTS)
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

	path.at += strlen(BASE);
	path.len -= strlen(BASE);
	if (path.len > 1 && path.at[path.len - 1] == '/')
		path.len--;
	if (!path.len)
		path = STR("/");
	for (i = 0; i < n && w->req->method != REQ_OTHER; i++) {
		if (!path_fits(routes[i].path, path, p->part))
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
	return serve_body(w, (size_t)w->conf->portal_body_bytes, &text) &&
	       params_read(p->form, w->a, text, &w->err);
}

/* Before anybody is signed in there is no proof to carry: then the browser has to
 * say where the form comes from. */
static bool
form_ours(struct page *p)
{
	if (p->w->req->method != REQ_POST)
		return true;
	if (p->session.stage == SESSION_NONE
		? p->w->req->origin.at != NULL
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

/* ---- the frame of every page ------------------------------------------------------------ */

static void
choose_language(struct page *p)
{
	enum words_lang asked = WORDS__MAX;

	if (p->form && p->w->req->method != REQ_POST)
		asked = words_lang_of(page_field(p, "lang"));
	if (asked == WORDS__MAX)
		asked = words_lang_of(p->session.lang);
	if (asked == WORDS__MAX)
		asked = words_accepted(p->w->req->accept_language);
	p->lang = asked;
}

static void
view_frame(struct page *p)
{
	struct view *v = p->view;
	struct session *s = &p->session;
	enum words_lang lang;

	view_text(v, "lang", str_of(words_tag(p->lang)));
	view_link(v, "here", p->w->req->path);
	view_text(v, "our_operator", str_of(p->w->conf->operator_name));
	view_text(v, "our_contact", str_of(p->w->conf->operator_contact));
	view_flag(v, "signed_in", s->stage == SESSION_FULL);
	for (lang = 0; lang < WORDS__MAX; lang++) {
		struct view *row = view_row(v, "languages");

		view_text(row, "tag", str_of(words_tag(lang)));
		view_text(row, "own_name", str_of(words_name(lang)));
		view_flag(row, "chosen", lang == p->lang);
	}
	if (s->stage == SESSION_NONE)
		return;
	view_text(v, "proof",
	    str_of(session_proof(
		v ? view_arena(v) : NULL, p->portal->keys.form, s)));
	view_text(v, "login", s->login);
	view_flag(v, "developer", s->roles & ROLE_DEVELOPER);
	view_flag(v, "is_operator", s->roles & ROLE_OPERATOR);
	view_flag(v, "auditor", s->roles & ROLE_AUDITOR);
	view_flag(v, "admin", s->roles & ROLE_ADMIN);
}

static bool
fill(struct page *p, const char *name, unsigned status)
{
	struct work *w = p->w;
	struct buf b = buf_new(w->a, PAGE_BYTES);

	view_frame(p);
	if (!template_write(&b, p->portal->templates, name, p->view, p->lang))
		return err_why(&w->err, ERR_BROKEN, "page %s", name);
	w->resp->status = status;
	w->resp->type = "text/html; charset=utf-8";
	w->resp->body = (struct str){ b.at, b.len };
	resp_header(w->resp, "Content-Security-Policy", policy);
	resp_header(w->resp, "Referrer-Policy", "no-referrer");
	resp_header(w->resp, "Cross-Origin-Opener-Policy", "same-origin");
	resp_header(w->resp, "Content-Language", words_tag(p->lang));
	resp_header(w->resp, "Vary", "Accept-Language, Cookie");
	return true;
}

static void
view_failure(struct page *p)
{
	struct err *e = &p->w->err;

	struct str said = words_of(p->lang, str_of(fail_said(e)));

	/* e is cleared before the page is written. */
	view_text(
	    p->view, "wrong", str_of(arena_dup(p->w->a, said.at, said.len)));
	view_text(p->view, "trace", str_of(p->w->req->trace.id));
	if (e->retry_after_s) {
		view_number(p->view, "wait_s", e->retry_after_s);
		resp_header(p->w->resp, "Retry-After",
		    arena_printf(p->w->a, "%u", e->retry_after_s));
	}
}

/* A refusal is a page too. What cannot even be shown is said by the frame below
 * (web/fail). */
static bool
fail_page(struct page *p)
{
	unsigned status = fail_status(FAIL_JSON, p->w->err.kind);
	struct err told = p->w->err;

	if (status == 405)
		resp_header(p->w->resp, "Allow", p->w->allow);
	view_failure(p);
	err_clear(&p->w->err);
	if (fill(p, "failed", status)) {
		p->w->err = told; /* for log and metrics */
		return true;
	}
	p->w->err = told;
	return false;
}

/* Where somebody wanted to go comes along, so that they get there. */
static bool
go_for(struct page *p, const char *path, struct str to)
{
	struct buf b = buf_new(p->w->a, 300);

	enc_percent(&b, to);
	return b.failed || !b.len ? page_go(p, "%s", path)
	                          : page_go(p, "%s?to=%s", path, buf_text(&b));
}

static bool
go_first(struct page *p, const char *first)
{
	struct str path = p->w->req->path;

	path.at += strlen(BASE);
	path.len -= strlen(BASE);
	return go_for(p, first,
	    p->w->req->method == REQ_POST || path.len < 2 ? STR("") : path);
}

static bool
dispatch(struct page *p)
{
	const char *first;

	if (!session_find(&p->session, p->portal->db, p->w->a, p->w->conf,
		p->w->req->cookie, &p->w->err))
		return false;
	choose_language(p);
	if (!find_route(p) || !read_fields(p))
		return false;
	choose_language(p);
	if ((first = missing(p)))
		return go_first(p, first);
	return role_fits(p) && form_ours(p) && p->route->show(p);
}

bool
portal_answer(struct work *w)
{
	struct page *p = arena_get(w->a, sizeof *p);

	p->w = w;
	p->portal = &portal;
	p->view = view_new(w->a);
	return dispatch(p) || fail_page(p);
}

/* ---- what pages are made with ------------------------------------------------------ */

struct str
page_field(const struct page *p, const char *name)
{
	struct str value = params_find(p->form, name);

	return value.at ? value : STR("");
}

bool
page_has(const struct page *p, const char *name)
{
	return page_field(p, name).len > 0;
}

const struct db_rows *
page_ask(
    struct page *p, const char *statement, const struct db_arg *args, size_t n)
{
	return db_ask(p->portal->db, p->w->a, statement, args, n, &p->w->err);
}

bool
page_show(struct page *p, const char *name)
{
	return fill(p, name, 200);
}

/* Passphrases and codes are typed again. */
static bool
secret_field(struct str name)
{
	return str_starts(name, "pass") || str_is(name, "code") ||
	       str_is(name, "proof");
}

bool
page_again(struct page *p, const char *name)
{
	unsigned status = fail_status(FAIL_JSON, p->w->err.kind);
	struct err told = p->w->err;
	size_t i;

	if (status >= 500)
		return false;
	for (i = 0; i < p->form->n; i++)
		if (!secret_field(p->form->at[i].name))
			view_text(p->view,
			    str_text(p->w->a, p->form->at[i].name),
			    p->form->at[i].value);
	view_failure(p);
	err_clear(&p->w->err);
	if (!fill(p, name, status))
		return false;
	p->w->err = told;
	return true;
}

bool
page_go(struct page *p, const char *fmt, ...)
{
	char path[512];
	va_list args;

	va_start(args, fmt);
	vsnprintf(path, sizeof path, fmt, args);
	va_end(args);
	p->w->resp->status = 303;
	resp_header(p->w->resp, "Location",
	    arena_printf(
		p->w->a, "%s" BASE "%s", p->w->conf->public_base, path));
	return true;
}

bool
page_go_with(struct page *p, const char *path)
{
	return go_for(p, path, page_field(p, "to"));
}

/* Only to a page that there is: never to an address that somebody made up. */
bool
page_go_on(struct page *p)
{
	struct str to = page_field(p, "to"), part[PORTAL_PARTS];
	size_t n, i;
	const struct portal_route *routes = portal_routes(&n);

	for (i = 0; i < n; i++)
		if (!strcmp(routes[i].method, "GET") && str_plain(to) &&
		    path_fits(routes[i].path, to, part))
			return page_go(p, "%.*s", STR_FMT(to));
	return page_go(p, "/");
}

bool
page_guid(struct page *p, size_t part, struct guid *to)
{
	return guid_read(to, p->part[part]) ||
	       err_set(&p->w->err, ERR_ADDRESS, NULL);
}

bool
page_enter(struct page *p, const struct guid *account, enum session_stage stage)
{
	char cookie[SESSION_COOKIE_LEN + 1];
	struct work *w = p->w;

	if (!session_open(p->portal->db, w->a, account, stage,
		w->req->remote_addr, w->req->user_agent,
		p->session.stage == SESSION_NONE ? NULL : &p->session, cookie,
		&w->err))
		return false;
	resp_header(w->resp, "Set-Cookie",
	    arena_printf(w->a, SESSION_COOKIE "=%s" COOKIE_RULES, cookie));
	crypt_wipe(cookie, sizeof cookie);
	return true;
}

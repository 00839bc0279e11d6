/* portal_page.c - what every page of the portal has, and what it is made with
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "app/params.h"
#include "base/clock.h"
#include "portal/portal_parts.h"

#define PAGE_BYTES  ((size_t)4 * 1024 * 1024)
#define LANG_COOKIE "wardgate-lang"
#define LANG_RULES                                                             \
	"; Path=/admin; Max-Age=31536000; Secure; HttpOnly; SameSite=Strict"
#define COOKIE_RULES "; Path=/; Secure; HttpOnly; SameSite=Strict"

/* Nothing but our own stylesheet and script, and forms to ourselves. */
static const char policy[] =
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
    "connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/* ---- the frame of every page ------------------------------------------------------------ */

static enum words_lang
link_language(const struct page *p)
{
	return p->form && p->w->req->method != REQ_POST
	           ? words_lang_of(page_field(p, "lang"))
	           : WORDS__MAX;
}

void
page_language(struct page *p)
{
	const struct req *r = p->w->req;

	p->lang = link_language(p);
	if (p->lang == WORDS__MAX)
		p->lang = words_lang_of(req_cookie(r->cookie, LANG_COOKIE));
	if (p->lang == WORDS__MAX)
		p->lang = words_lang_of(p->session.lang);
	if (p->lang == WORDS__MAX)
		p->lang = words_accepted(r->accept_language);
}

void
page_keep_language(struct page *p, enum words_lang lang)
{
	resp_header(p->w->resp, "Set-Cookie",
	    arena_printf(
		p->w->a, LANG_COOKIE "=%s" LANG_RULES, words_tag(lang)));
}

static const char *
seconds_until(struct page *p, int64_t us)
{
	int64_t left = (us - clock_now_us()) / 1000000;

	return arena_printf(p->w->a, "%lld", (long long)(left > 0 ? left : 0));
}

/* When the sign-in ends, as a time to read and as seconds for the script. */
static void
view_end(struct page *p)
{
	struct session *s = &p->session;
	struct str here = p->w->req->path;

	here.at += strlen(PORTAL_BASE);
	here.len -= strlen(PORTAL_BASE);
	view_text(p->view, "here_on", here);
	view_time(p->view, "idle_end", s->idle_end_us);
	view_time(p->view, "life_end", s->life_end_us);
	view_text(p->view, "idle_s", str_of(seconds_until(p, s->idle_end_us)));
	view_text(p->view, "life_s", str_of(seconds_until(p, s->life_end_us)));
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
	    str_of(session_proof(p->w->a, p->portal->keys.form, s)));
	view_text(v, "login", s->login);
	view_flag(v, "developer", s->roles & ROLE_DEVELOPER);
	view_flag(v, "is_operator", s->roles & ROLE_OPERATOR);
	view_flag(v, "auditor", s->roles & ROLE_AUDITOR);
	view_flag(v, "admin", s->roles & ROLE_ADMIN);
	view_end(p);
}

static void
guard(struct resp *r)
{
	resp_header(r, "Content-Security-Policy", policy);
	resp_header(r, "Referrer-Policy", "no-referrer");
	resp_header(r, "Cross-Origin-Opener-Policy", "same-origin");
}

static bool
fill(struct page *p, const char *name, unsigned status)
{
	struct work *w = p->w;
	struct buf b = buf_new(w->a, PAGE_BYTES);

	view_frame(p);
	if (!template_write(&b, p->portal->templates, name, p->view, p->lang))
		return err_why(&w->err, ERR_BROKEN, "page %s", name);
	if (link_language(p) != WORDS__MAX)
		page_keep_language(p, p->lang);
	w->resp->status = status;
	w->resp->type = "text/html; charset=utf-8";
	w->resp->body = (struct str){ b.at, b.len };
	guard(w->resp);
	resp_header(w->resp, "Content-Language", words_tag(p->lang));
	resp_header(w->resp, "Vary", "Accept-Language, Cookie");
	return true;
}

static void
view_failure(struct page *p)
{
	struct err *e = &p->w->err;
	struct str said = words_said(p->w->a, p->lang, str_of(fail_said(e)));

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
bool
page_failed(struct page *p)
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
bool
page_go_for(struct page *p, const char *path, struct str to)
{
	struct buf b = buf_new(p->w->a, 300);

	enc_percent(&b, to);
	return b.failed || !b.len ? page_go(p, "%s", path)
	                          : page_go(p, "%s?to=%s", path, buf_text(&b));
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

void
page_forget(struct page *p)
{
	size_t i;

	for (i = 0; p->form && i < p->form->n; i++)
		crypt_wipe((void *)(uintptr_t)p->form->at[i].value.at,
		    p->form->at[i].value.len);
	if (p->form)
		p->form->n = 0;
}

struct db_arg
page_who(const struct page *p)
{
	return p->session.stage == SESSION_NONE
	           ? db_arg_null()
	           : db_arg_guid(&p->session.account);
}

void
page_ahead(
    struct page *p, const char *statement, const struct db_arg *args, size_t n)
{
	session_add(&p->asks, p->w->a, statement, args, n);
}

static bool
same_arg(const struct db_arg *a, const struct db_arg *b)
{
	return a->type == b->type && a->number == b->number &&
	       str_eq(a->bytes, b->bytes) &&
	       !memcmp(&a->guid, &b->guid, sizeof a->guid);
}

/* Who asks was not known yet. */
static bool
same_ask(const struct db_ask *ahead, const char *statement,
    const struct db_arg *args, size_t n)
{
	size_t i;

	if (strcmp(ahead->statement, statement) != 0 || ahead->n != n)
		return false;
	for (i = 0; i < n; i++)
		if (!same_arg(&ahead->args[i], &args[i]) &&
		    (i || ahead->args[i].type != DB_NULL))
			return false;
	return true;
}

const struct db_rows *
page_ask(
    struct page *p, const char *statement, const struct db_arg *args, size_t n)
{
	const struct session_asks *asks = &p->asks;
	size_t i;

	for (i = 1; i < asks->n; i++)
		if (same_ask(&asks->at[i], statement, args, n)) {
			if (!asks->rows[i] && p->w->err.kind == ERR_NONE)
				p->w->err = asks->err;
			return asks->rows[i];
		}
	return db_ask(p->portal->db, p->w->a, statement, args, n, &p->w->err);
}

bool
page_refused(struct page *p, const struct db_rows *rows, size_t k)
{
	return !db_null(rows, 0, k) &&
	       !err_set(&p->w->err, ERR_CONFLICT, "%.*s",
		   STR_FMT(db_text(rows, 0, k)));
}

bool
page_show(struct page *p, const char *name)
{
	return fill(p, name, 200);
}

bool
page_file(
    struct page *p, const char *type, const char *name, const struct buf *b)
{
	struct resp *r = p->w->resp;

	if (b->failed)
		return err_why(&p->w->err, ERR_BROKEN, "file %s", name);
	r->status = 200;
	r->type = type;
	r->body = (struct str){ b->at, b->len };
	guard(r);
	resp_header(r, "Content-Disposition",
	    arena_printf(p->w->a, "attachment; filename=\"%s\"", name));
	return true;
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
page_again_over(
    struct page *p, bool (*stored)(struct page *p), const char *name)
{
	struct err told = p->w->err;

	err_clear(&p->w->err);
	if (!stored(p))
		return false;
	p->w->err = told;
	return page_again(p, name);
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
		p->w->a, "%s" PORTAL_BASE "%s", p->w->conf->public_base, path));
	return true;
}

bool
page_go_with(struct page *p, const char *path)
{
	return page_go_for(p, path, page_field(p, "to"));
}

static bool
shown_at(struct str path)
{
	struct str part[PORTAL_PARTS];
	size_t n, i;
	const struct portal_route *routes = portal_routes(&n);

	for (i = 0; i < n; i++)
		if (!strcmp(routes[i].method, "GET") &&
		    portal_fits(routes[i].path, path, part))
			return true;
	return false;
}

/* Only to a page that there is, never to an address that somebody made up. What
 * was sent there before is lost; the page above it is where it is done again. */
bool
page_go_on(struct page *p)
{
	struct str to = page_field(p, "to");

	if (!str_plain(to))
		to.len = 0;
	while (to.len > 1 && !shown_at(to))
		while (to.len && to.at[--to.len] != '/')
			;
	return to.len > 1 ? page_go(p, "%.*s", STR_FMT(to)) : page_go(p, "/");
}

bool
page_guid(struct page *p, size_t part, struct guid *to)
{
	return guid_read(to, p->part[part]) ||
	       err_set(&p->w->err, ERR_ADDRESS, NULL);
}

bool
page_of(struct page *p, struct db_arg args[2])
{
	struct guid id;

	if (!page_guid(p, 0, &id))
		return false;
	args[0] = page_who(p);
	args[1] = db_arg_guid(&id);
	return true;
}

struct str
page_remote_user(const struct page *p)
{
	return p->w->conf->portal_remote_user == CONF_ON
	           ? str_lower(p->w->a, str_trim(p->w->req->remote_user, " \t"))
	           : STR_NONE;
}

bool
page_enter(struct page *p, const struct guid *account, struct str phrase,
    enum session_stage stage)
{
	char cookie[SESSION_COOKIE_LEN + 1];
	struct work *w = p->w;

	if (!session_open(p->portal->db, w->a, account, stage,
		w->req->remote_addr, w->req->user_agent,
		p->session.stage == SESSION_NONE ? NULL : &p->session, phrase,
		cookie, &w->err))
		return false;
	resp_header(w->resp, "Set-Cookie",
	    arena_printf(w->a, SESSION_COOKIE "=%s" COOKIE_RULES, cookie));
	crypt_wipe(cookie, sizeof cookie);
	return true;
}

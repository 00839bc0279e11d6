/* portal.h - the life of the program `admin`, and one page of it
 * SPDX-License-Identifier: Apache-2.0
 *
 * A page reads like its duty: fields come in, a statement is asked, a view is
 * filled, a template is named. What comes before that - who is signed in,
 * whether a form is ours, which language - is settled here for all of them. */
#ifndef PORTAL_PORTAL_H
#define PORTAL_PORTAL_H

#include "gate/account.h"
#include "gate/session.h"
#include "web/serve.h"
#include "web/template.h"

#define PORTAL_PARTS 4 /* variable parts of an address */

struct portal {
	const struct conf *conf;
	struct db *db;
	const struct templates *templates;
	struct account_keys keys;
	struct secret_peppers *peppers;
};

struct params; /* of the form that was sent, and of the query */

struct page {
	struct work *w;
	struct portal *portal;
	struct session session;
	enum words_lang lang;
	struct view *view;
	struct str part[PORTAL_PARTS]; /* what stood for * in the address */
	struct str body;               /* of a POST */
	struct params *form;           /* POST, else of the query */
	const struct portal_route *route;
	struct session_asks asks; /* in the same go as who is signed in */
};

/* Who may see a page. */
enum portal_need {
	NEED_NOBODY, /* everybody, signed in or not */
	NEED_CODE,   /* the passphrase was right */
	NEED_ENROL,  /* and a phone is to be set up, or everything was given */
	NEED_FULL,   /* signed in */
	NEED_PROOF   /* and the passphrase was given a short while ago */
};

/* One address. A * stands for one part of it: no slash, not empty, no dot in
 * front. Forms are sent by POST and are checked before `show` is called. */
struct portal_route {
	const char *method; /* "GET" or "POST" */
	const char *path;   /* below /admin */
	enum portal_need need;
	unsigned roles; /* one of these; ROLE_ANY: whoever it is */
	bool (*show)(struct page *p);
	/* NULL, or what `show` will ask, by page_ahead: it comes along with who
	 * is signed in, in one go. What it finds wrong `show` finds again. */
	void (*ahead)(struct page *p);
};

/* portal_start, portal_stop, portal_begin - for the program's page. */
bool portal_start(
    struct arena *a, const struct conf *conf, bool cgi, struct err *e);
void portal_stop(void);

/* portal_answer - any request below /admin. portal_count - what became of it. */
bool portal_answer(struct work *w);
void portal_count(const struct work *w, enum err_kind told);

/* portal_routes - all of them, for portal_answer; *n receives how many. */
const struct portal_route *portal_routes(size_t *n);

/* ---- what pages are made with ------------------------------------------------------ */

/* page_field - a field of the form, "" when it was not sent. page_has - was it,
 * with something in it? */
struct str page_field(const struct page *p, const char *name);
bool page_has(const struct page *p, const char *name);

/* page_forget - what was typed is wiped, and is as if it had not been sent. */
void page_forget(struct page *p);

/* page_ask - as the portal. What page_ahead asked with the same arguments is at
 * hand already. */
const struct db_rows *page_ask(
    struct page *p, const char *statement, const struct db_arg *args, size_t n);

/* page_ahead - a statement that only looks. Who asks is not known yet: where it
 * takes page_who it has to take null for that (wardgate.asking). */
void page_ahead(
    struct page *p, const char *statement, const struct db_arg *args, size_t n);

/* page_who - the account that asks, first argument of most statements. */
struct db_arg page_who(const struct page *p);

/* page_refused - is something in column k of the answer? It is why the trail has
 * a refusal, which ERR_CONFLICT says then. */
bool page_refused(struct page *p, const struct db_rows *rows, size_t k);

/* page_show - 200 with the template. page_again - the same page once more, with
 * what is wrong (w->err) at its head and its status; the form's own fields are
 * in the view under their names. Both return true. */
bool page_show(struct page *p, const char *name);
bool page_again(struct page *p, const char *name);

/* page_again_over - the same, over what `stored` puts into the view first. */
bool page_again_over(
    struct page *p, bool (*stored)(struct page *p), const char *name);

/* page_file - 200 with what b holds, to be kept as a file of that name. false:
 * ERR_BROKEN, b failed. */
bool page_file(
    struct page *p, const char *type, const char *name, const struct buf *b);

/* page_go - 303 to an address of ours, below /admin. Returns true. */
bool page_go(struct page *p, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* page_go_with - to path, and field `to` comes along. */
bool page_go_with(struct page *p, const char *path);

/* page_go_on - where field `to` says, if there is such a page; else home. */
bool page_go_on(struct page *p);

/* page_guid - a part of the address as a GUID. false: ERR_ADDRESS, as for what
 * is not there. */
bool page_guid(struct page *p, size_t part, struct guid *to);

/* page_of - what most statements of a page begin with: who asks, and what the
 * first part of the address names. */
bool page_of(struct page *p, struct db_arg args[2]);

/* page_remote_user - whom the web server says it is, spelt as sign-in names are;
 * absent when it is not asked, for which there is a setting. */
struct str page_remote_user(const struct page *p);

/* page_enter - a new session at that stage: for the passphrase that is stored so,
 * or, where that is absent, in place of the present one; where there is none, for
 * whom the web server says it is. */
bool page_enter(struct page *p, const struct guid *account, struct str phrase,
    enum session_stage stage);

/* page_keep_language - the browser keeps it for the pages to come. */
void page_keep_language(struct page *p, enum words_lang lang);

/* page_words - a text of the source in the reader's language. */
#define page_words(p, literal) words_of((p)->lang, STR(literal))

#endif

/* portal_signin.c - the pages by which people come in and go out
 * SPDX-License-Identifier: Apache-2.0 */
#include "portal/portal_signin.h"

#include <string.h>

#include "ext/otp.h"
#include "gate/meter.h"

#define COOKIE_GONE                                                            \
	SESSION_COOKIE "=; Path=/; Secure; HttpOnly; "                         \
		       "SameSite=Strict; Max-Age=0"

static struct str
source(const struct page *p)
{
	return p->w->req->remote_addr;
}

/* Who may do much signs in with two things. */
static bool
phone_wanted(const struct account *who)
{
	return !who->has_totp && (who->roles & (ROLE_OPERATOR | ROLE_ADMIN));
}

/* Whom the web server has signed in presses one button: to look at a page is not
 * to sign in, and who signed out stays out. */
static bool
view_vouched(struct page *p)
{
	struct str user = page_remote_user(p);
	struct account who;

	view_text(p->view, "vouched", user);
	return !user.at ||
	       account_vouched(&who, p->portal->db, p->w->a, user, &p->w->err);
}

/* Counted, whatever came of it. */
static bool
tried(const struct page *p, enum meter_signin step, bool good)
{
	meter_signin(step, good ? ERR_NONE : p->w->err.kind);
	return good;
}

bool
signin_show(struct page *p)
{
	view_text(p->view, "to", page_field(p, "to"));
	return view_vouched(p) && page_show(p, "signin");
}

/* Who signs in begins anew: nothing is taken over from whoever was signed in. */
static bool
leave(struct page *p)
{
	if (p->session.stage == SESSION_NONE)
		return true;
	p->session.stage = SESSION_NONE;
	return session_end(p->portal->db, p->w->a, &p->session, &p->w->err);
}

static enum session_stage
next_stage(const struct account *who)
{
	return who->has_totp       ? SESSION_CODE
	       : phone_wanted(who) ? SESSION_ENROL
	                           : SESSION_FULL;
}

static bool
go_after(struct page *p, enum session_stage stage)
{
	if (stage == SESSION_FULL)
		return page_go_on(p);
	return page_go_with(p, stage == SESSION_CODE ? "/code" : "/phone");
}

/* The web server takes the place of the passphrase, and of nothing else. */
static bool
signin_vouched(struct page *p, struct str user)
{
	struct account who;
	enum session_stage stage;

	if (!tried(p, METER_BY_WEB_SERVER,
		account_vouched(
		    &who, p->portal->db, p->w->a, user, &p->w->err)))
		return false;
	stage = next_stage(&who);
	return leave(p) && page_enter(p, &who.id, STR_NONE, stage) &&
	       go_after(p, stage);
}

bool
signin_try(struct page *p)
{
	struct str user = page_remote_user(p);
	struct account who;
	enum session_stage stage;

	if (user.at)
		return signin_vouched(p, user);
	if (!tried(p, METER_BY_PASSPHRASE,
		account_signin(&who, p->portal->db, p->w->a,
		    page_field(p, "login"), page_field(p, "passphrase"),
		    source(p), &p->w->err)))
		return page_again(p, "signin");
	stage = next_stage(&who);
	return leave(p) && page_enter(p, &who.id, who.phrase, stage) &&
	       go_after(p, stage);
}

/* ---- the second step ------------------------------------------------------------------ */

bool
signin_code_show(struct page *p)
{
	if (p->session.stage != SESSION_CODE)
		return page_go_on(p);
	view_text(p->view, "to", page_field(p, "to"));
	return page_show(p, "code");
}

static bool
code_fits(struct page *p)
{
	return account_code(&p->portal->keys, &p->session.account,
	    p->portal->db, p->w->a, page_field(p, "code"), source(p),
	    &p->w->err);
}

bool
signin_code_try(struct page *p)
{
	if (p->session.stage != SESSION_CODE)
		return page_go_on(p);
	if (!tried(p, METER_BY_CODE, code_fits(p)))
		return page_again(p, "code");
	return page_enter(p, &p->session.account, STR_NONE, SESSION_FULL) &&
	       page_go_on(p);
}

bool
signin_out(struct page *p)
{
	if (!session_end(p->portal->db, p->w->a, &p->session, &p->w->err))
		return false;
	resp_header(p->w->resp, "Set-Cookie", COOKIE_GONE);
	resp_header(p->w->resp, "Clear-Site-Data", "\"cache\"");
	return page_go(p, "/signin");
}

bool
signin_stay(struct page *p)
{
	return page_go_on(p);
}

/* ---- once more ------------------------------------------------------------------------ */

/* Who came in by the web server may not know the passphrase by heart. */
static bool
code_will_do(const struct page *p)
{
	return page_remote_user(p).at && p->session.has_totp;
}

bool
signin_again_show(struct page *p)
{
	view_text(p->view, "to", page_field(p, "to"));
	view_flag(p->view, "code_too", code_will_do(p));
	return page_show(p, "again");
}

static bool
proved_again(struct page *p)
{
	if (code_will_do(p) && page_has(p, "code"))
		return code_fits(p);
	return account_proves(&p->session.account, p->portal->db, p->w->a,
	    page_field(p, "passphrase"), source(p), &p->w->err);
}

bool
signin_again_try(struct page *p)
{
	view_flag(p->view, "code_too", code_will_do(p));
	if (!tried(p, METER_BY_AGAIN, proved_again(p)))
		return page_again(p, "again");
	return page_enter(p, &p->session.account, STR_NONE, SESSION_FULL) &&
	       page_go_on(p);
}

/* ---- the phone ------------------------------------------------------------------------- */

static void
view_key(struct page *p, const unsigned char key[OTP_KEY_BYTES])
{
	struct arena *a = p->w->a;
	const char *uri = otp_uri(
	    a, key, str_of(p->w->conf->operator_name), p->session.login);
	unsigned modules = 0;
	const char *square = otp_square(a, uri, &modules);

	view_text(p->view, "key", str_of(otp_key_text(a, key)));
	view_text(p->view, "sealed",
	    str_of(
		account_seal(&p->portal->keys, a, &p->session.account, key)));
	view_text(p->view, "to", page_field(p, "to"));
	if (!square)
		return;
	view_text(p->view, "square", str_of(square));
	view_text(p->view, "modules", str_of(arena_printf(a, "%u", modules)));
}

/* Setting up another phone takes a proof; the first one is part of signing in,
 * and was perhaps set up meanwhile by somebody who signed in beside. */
static bool
phone_open(struct page *p)
{
	return p->session.stage == SESSION_ENROL ? !p->session.has_totp
	                                         : p->session.proved;
}

static bool
phone_shut(struct page *p)
{
	return p->session.stage == SESSION_ENROL
	           ? page_go(p, "/signin")
	           : page_go(p, "/again?to=%%2Fphone");
}

bool
signin_phone_show(struct page *p)
{
	unsigned char key[OTP_KEY_BYTES];

	if (!phone_open(p))
		return phone_shut(p);
	crypt_random(key, sizeof key);
	view_key(p, key);
	crypt_wipe(key, sizeof key);
	return page_show(p, "phone");
}

static bool
phone_done(struct page *p, char codes[ACCOUNT_CODES][ACCOUNT_CODE_LEN + 1])
{
	size_t i;

	if (!page_enter(p, &p->session.account, STR_NONE, SESSION_FULL))
		return false;
	/* The page belongs to the session that has just begun. */
	p->session.stage = SESSION_NONE;
	for (i = 0; i < ACCOUNT_CODES; i++)
		view_text(
		    view_row(p->view, "codes"), "recovery", str_of(codes[i]));
	return page_show(p, "codes");
}

bool
signin_phone_set(struct page *p)
{
	char codes[ACCOUNT_CODES][ACCOUNT_CODE_LEN + 1];
	unsigned char key[OTP_KEY_BYTES];
	bool done;

	if (!phone_open(p))
		return phone_shut(p);
	if (!account_unseal(&p->portal->keys, &p->session.account,
		page_field(p, "sealed"), key))
		return err_set(&p->w->err, ERR_FORM, NULL);
	done = account_totp_set(&p->portal->keys, p->portal->db, p->w->a,
	    &p->session.account, key, page_field(p, "code"), &p->session, codes,
	    &p->w->err);
	if (!done && p->w->err.kind == ERR_SIGNIN) {
		view_key(p, key);
		done = page_again(p, "phone");
	} else if (done) {
		done = phone_done(p, codes);
	}
	crypt_wipe(key, sizeof key);
	crypt_wipe(codes, sizeof codes);
	return done;
}

/* ---- invitations ----------------------------------------------------------------------- */

static const struct db_rows *
invitation(struct page *p, unsigned char hash[CRYPT_SHA256_BYTES])
{
	const struct db_arg arg = db_arg_bytes(
	    (struct str){ (const char *)hash, CRYPT_SHA256_BYTES });
	const struct db_rows *rows;

	if (!account_invited(p->part[0], hash)) {
		err_set(&p->w->err, ERR_ADDRESS, NULL);
		return NULL;
	}
	rows = page_ask(p, "invitation_find", &arg, 1);
	if (rows && !db_count(rows)) {
		err_set(&p->w->err, ERR_MISSING,
		    "This invitation was used already, or is over. Ask for "
		    "another.");
		return NULL;
	}
	if (rows)
		view_cells(p->view, rows, 0);
	return rows;
}

/* A link for an account that there is says which; a new one has the name that the
 * web server knows, where it is asked; else it is chosen. */
static struct str
invited_as(struct page *p, const struct db_rows *rows)
{
	struct str user = page_remote_user(p);

	if (!db_null(rows, 0, 2))
		return db_text(rows, 0, 2);
	return user.at ? user : page_field(p, "login");
}

bool
signin_invited_show(struct page *p)
{
	unsigned char hash[CRYPT_SHA256_BYTES];
	const struct db_rows *rows = invitation(p, hash);

	if (rows)
		view_text(p->view, "login", invited_as(p, rows));
	return rows && page_show(p, "invited");
}

static bool
invitation_use(struct page *p, const unsigned char hash[CRYPT_SHA256_BYTES],
    struct str login, struct guid *account)
{
	struct work *w = p->w;
	const char *stored = account_pass_make(
	    w->a, page_field(p, "passphrase"), login, &w->err);
	const struct db_rows *rows;

	if (!stored)
		return false;
	rows = page_ask(p, "invitation_use",
	    (const struct db_arg[]){
		db_arg_bytes(
		    (struct str){ (const char *)hash, CRYPT_SHA256_BYTES }),
		db_arg_text(login), db_arg_text(str_of(stored)) },
	    3);
	if (rows)
		*account = db_guid(rows, 0, 0);
	return rows != NULL;
}

bool
signin_invited_set(struct page *p)
{
	unsigned char hash[CRYPT_SHA256_BYTES];
	const struct db_rows *rows = invitation(p, hash);
	struct guid account;
	struct str login;

	if (!rows)
		return false;
	login = invited_as(p, rows);
	if (!str_eq(
		page_field(p, "passphrase"), page_field(p, "passphrase2"))) {
		err_set(&p->w->err, ERR_PASSPHRASE,
		    "The two passphrases differ. Type the same one twice.");
		return page_again(p, "invited");
	}
	if (!invitation_use(p, hash, login, &account))
		return page_again(p, "invited");
	return page_go(p, "/signin");
}

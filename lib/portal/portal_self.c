/* portal_self.c - one's own account, and for admins those of others
 * SPDX-License-Identifier: Apache-2.0 */
#include "portal/portal_self.h"

#include "portal/portal_overview.h"

bool
self_home(struct page *p)
{
	unsigned roles = p->session.roles;

	if (roles & ROLE_OPERATOR)
		return overview_show(p);
	return page_go(p, roles & ROLE_DEVELOPER ? "/clients"
			  : roles & ROLE_ADMIN   ? "/accounts"
			  : roles & ROLE_AUDITOR ? "/audit"
						 : "/account");
}

/* ---- one's own ------------------------------------------------------------------------ */

static bool
view_self(struct page *p)
{
	const struct conf *c = p->w->conf;
	const struct db_arg args[] = { db_arg_guid(&p->session.account),
		db_arg_int(c->portal_idle_s), db_arg_int(c->portal_life_s) };
	const struct db_rows *self = page_ask(p, "account_self", args, 1);
	const struct db_rows *list = page_ask(p, "session_list", args, 3);
	size_t i;
	struct guid id;

	if (!self || !list)
		return false;
	if (!db_count(self)) /* disabled since it was asked who this is */
		return err_set(&p->w->err, ERR_SIGNED_OUT, NULL);
	view_number(p->view, "recovery", db_int(self, 0, 5));
	view_flag(p->view, "has_phone", p->session.has_totp);
	for (i = 0; i < db_count(list); i++) {
		struct view *row = view_row(p->view, "sessions");

		id = db_guid(list, i, 0);
		view_cells(row, list, i);
		view_flag(row, "this_one", guid_eq(&id, &p->session.id));
	}
	return true;
}

bool
self_show(struct page *p)
{
	view_text(p->view, "done", page_field(p, "done"));
	return view_self(p) && page_show(p, "account");
}

static bool
self_again(struct page *p)
{
	return page_again_over(p, view_self, "account");
}

bool
self_passphrase(struct page *p)
{
	struct work *w = p->w;
	struct str fresh = page_field(p, "passphrase_new");

	if (!str_eq(fresh, page_field(p, "passphrase_new2"))) {
		err_set(&w->err, ERR_PASSPHRASE,
		    "The two passphrases differ. Type the same one twice.");
		return self_again(p);
	}
	if (!account_proves(&p->session.account, p->portal->db, w->a,
		page_field(p, "passphrase"), w->req->remote_addr, &w->err) ||
	    !account_pass_set(p->portal->db, w->a, &p->session.account,
		p->session.login, fresh, &p->session, &w->err))
		return self_again(p);
	return page_enter(p, &p->session.account, STR_NONE, SESSION_FULL) &&
	       page_go(p, "/account?done=passphrase");
}

bool
self_session_end(struct page *p)
{
	struct guid id;
	struct db_arg args[2];

	if (!page_guid(p, 0, &id))
		return false;
	args[0] = db_arg_guid(&p->session.account);
	args[1] = db_arg_guid(&id);
	return page_ask(p, "session_end_one", args, 2) &&
	       page_go(p, "/account?done=session");
}

bool
self_language(struct page *p)
{
	enum words_lang lang = words_lang_of(page_field(p, "lang"));
	const struct db_arg args[] = { db_arg_guid(&p->session.account),
		db_arg_text(
		    lang == WORDS__MAX ? STR("") : str_of(words_tag(lang))) };

	if (lang != WORDS__MAX)
		page_keep_language(p, lang);
	return page_ask(p, "account_lang_set", args, 2) &&
	       page_go(p, "/account?done=language");
}

/* ---- those of others --------------------------------------------------------------------- */

static bool
view_people(struct page *p)
{
	const struct db_arg who = db_arg_guid(&p->session.account);
	const struct db_rows *rows = page_ask(p, "account_list", &who, 1);
	size_t i;
	struct guid id;

	for (i = 0; rows && i < db_count(rows); i++) {
		struct view *row = view_row(p->view, "people");

		id = db_guid(rows, i, 0);
		view_cells(row, rows, i);
		view_text(row, "login_of", db_text(rows, i, 1));
		view_flag(row, "oneself", guid_eq(&id, &p->session.account));
	}
	return rows != NULL;
}

bool
people_all(struct page *p)
{
	view_text(p->view, "done", page_field(p, "done"));
	return view_people(p) && page_show(p, "accounts");
}

static bool
people_again(struct page *p)
{
	return page_again_over(p, view_people, "accounts");
}

/* The link is shown once, like a secret: whoever has it comes in. */
static bool
show_link(struct page *p, struct str roles, const struct guid *account)
{
	char link[ACCOUNT_INVITE_LEN + 1];
	struct work *w = p->w;

	if (!account_invite(p->portal->db, w->a, page_field(p, "name"), roles,
		account, &p->session.account, w->conf->invitation_life_s, link,
		&w->err))
		return false;
	view_text(p->view, "link",
	    str_of(arena_printf(
		w->a, "%s/admin/invitation/%s", w->conf->public_base, link)));
	view_number(p->view, "hours", w->conf->invitation_life_s / 3600);
	crypt_wipe(link, sizeof link);
	view_flag(p->view, "untimed", true);
	return page_show(p, "invitation");
}

static struct str
roles_sent(struct page *p)
{
	static const char *const names[] = { "developer", "operator", "auditor",
		"admin" };
	struct buf b = buf_new(p->w->a, 64);
	size_t i;

	for (i = 0; i < COUNT(names); i++)
		if (page_has(p, arena_printf(p->w->a, "role_%s", names[i])))
			buf_fmt(&b, "%s%s", b.len ? " " : "", names[i]);
	return (struct str){ b.len ? b.at : "", b.len };
}

bool
people_invite(struct page *p)
{
	return show_link(p, roles_sent(p), NULL) || people_again(p);
}

bool
people_link(struct page *p)
{
	struct guid account;

	return page_guid(p, 0, &account) &&
	       show_link(p, STR("developer"), &account);
}

/* Nobody takes their own rights away by mistake: another admin does. */
static bool
other(struct page *p, struct db_arg args[2])
{
	struct guid id;

	if (!page_guid(p, 0, &id))
		return false;
	args[0] = db_arg_guid(&p->session.account);
	args[1] = db_arg_guid(&id);
	return !guid_eq(&id, &p->session.account) ||
	       err_set(&p->w->err, ERR_CONFLICT,
		   "This is your own account. Ask another admin.");
}

static bool
set_able(struct page *p, bool able)
{
	struct db_arg args[3];

	if (!other(p, args))
		return people_again(p);
	args[2] = db_arg_bool(able);
	return page_ask(p, "account_able", args, 3) &&
	       page_go(p, "/accounts?done=%s", able ? "enabled" : "disabled");
}

bool
people_disable(struct page *p)
{
	return set_able(p, false);
}

bool
people_enable(struct page *p)
{
	return set_able(p, true);
}

bool
people_roles(struct page *p)
{
	struct db_arg args[3];

	if (!other(p, args))
		return people_again(p);
	args[2] = db_arg_text(roles_sent(p));
	return page_ask(p, "account_roles_set", args, 3)
	           ? page_go(p, "/accounts?done=roles")
	           : people_again(p);
}

bool
people_no_phone(struct page *p)
{
	struct db_arg args[2];

	if (!other(p, args))
		return people_again(p);
	return page_ask(p, "account_totp_remove", args, 2) &&
	       page_go(p, "/accounts?done=phone");
}

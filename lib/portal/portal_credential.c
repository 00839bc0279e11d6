/* portal_credential.c - what the server of a hospital wants to see, for operators
 * SPDX-License-Identifier: Apache-2.0 */
#include "portal/portal_credential.h"

#include <string.h>

#include "portal/portal_sealed.h"
#include "portal/portal_tenant.h"

/* Kinds that this page has fields for: what is typed in the first field if there
 * is one, the mark, and the second are the secret that is sealed. */
static const struct kind {
	enum credential_kind kind;
	const char *first, *mark, *second;
} kinds[] = {
	{ CREDENTIAL_NONE, NULL, NULL, NULL },
	{ CREDENTIAL_BASIC, "user", ":", "pass_basic" },
	{ CREDENTIAL_HEADER, "header", ": ", "pass_header" },
	{ CREDENTIAL_OAUTH, NULL, "", "pass_client" },
	{ CREDENTIAL_SMART, NULL, NULL, NULL },
};

/* How tokens are had, as portal_credential_put takes it. */
static const char *const token_fields[] = { "token_url", "token_client",
	"token_auth", "token_scope", "token_resource", "token_audience" };

enum { WHO, TENANT, KIND, BOX, TOKEN, ARGS = TOKEN + COUNT(token_fields) };

/* ---- showing ------------------------------------------------------------------------- */

/* What was chosen; else what is set. */
static void
view_kinds(struct page *p)
{
	struct str now = view_find(p->view, STR("auth"))->text;
	size_t i;

	if (page_has(p, "auth"))
		now = page_field(p, "auth");
	for (i = 0; i < COUNT(kinds); i++) {
		struct view *row = view_row(p->view, "kinds");
		const char *word = credential_kind_word(kinds[i].kind);

		view_text(row, "word", str_of(word));
		view_flag(row, "chosen", str_is(now, word));
	}
}

static bool
view_stored(struct page *p)
{
	if (!sealed_tenant(p) || !sealed_key(p) || !tenant_second(p))
		return false;
	view_kinds(p);
	return true;
}

bool
credential_page(struct page *p)
{
	return view_stored(p) && page_show(p, "tenant_credential");
}

/* ---- sealing ------------------------------------------------------------------------- */

static const struct kind *
kind_chosen(struct page *p)
{
	struct str word = page_field(p, "auth");
	size_t i;

	for (i = 0; i < COUNT(kinds); i++)
		if (str_is(word, credential_kind_word(kinds[i].kind)))
			return &kinds[i];
	err_set(
	    &p->w->err, ERR_MALFORMED, "Choose one of the ways of the list.");
	return NULL;
}

/* Of the form's fields, into to; wipe it. false: ERR_MALFORMED. */
static bool
put_secret(
    struct page *p, const struct kind *k, char to[], size_t room, size_t *n)
{
	struct str first = k->first ? page_field(p, k->first) : STR(""),
		   second = page_field(p, k->second);
	size_t mark = strlen(k->mark);

	if (memchr(first.at, ':', first.len))
		return err_set(&p->w->err, ERR_MALFORMED,
		    "Neither a user nor the name of a field may hold a colon.");
	if (!second.len || (k->first && !first.len))
		return err_set(&p->w->err, ERR_MALFORMED,
		    "Fill in the fields of the way that you chose.");
	*n = first.len + mark + second.len;
	if (*n > room)
		return err_set(
		    &p->w->err, ERR_MALFORMED, "The credential is too long.");
	memcpy(to, first.at, first.len);
	memcpy(to + first.len, k->mark, mark);
	memcpy(to + first.len + mark, second.at, second.len);
	return true;
}

/* The box; NULL: w->err says why not. */
static const char *
sealed(struct page *p, const struct kind *k, const struct guid *tenant)
{
	struct credential_for to = { .kind = k->kind, .tenant = *tenant };
	char secret[CREDENTIAL_SECRET_MAX];
	const char *box = NULL;
	size_t n = 0;

	if (k->kind == CREDENTIAL_OAUTH)
		to.token_url =
		    str_text(p->w->a, page_field(p, token_fields[0]));
	if (put_secret(p, k, secret, sizeof secret, &n))
		box = sealed_box(p, &to, (struct str){ secret, n });
	crypt_wipe(secret, sizeof secret);
	return box;
}

/* Of those fields the ones that the kind has: who signs sends no secret. */
static bool
has_field(enum credential_kind kind, const char *field)
{
	return kind == CREDENTIAL_OAUTH ||
	       (kind == CREDENTIAL_SMART && strcmp(field, "token_auth") != 0);
}

static const struct db_rows *
put(struct page *p)
{
	const struct kind *k = kind_chosen(p);
	const char *box = NULL;
	struct db_arg args[ARGS];
	size_t i;

	if (!k || !page_of(p, args))
		return NULL;
	if (k->second && !(box = sealed(p, k, &args[TENANT].guid)))
		return NULL;
	args[KIND] = db_arg_text(str_of(credential_kind_word(k->kind)));
	args[BOX] = db_arg_text(box ? str_of(box) : STR(""));
	for (i = 0; i < COUNT(token_fields); i++)
		args[TOKEN + i] =
		    db_arg_text(has_field(k->kind, token_fields[i])
				    ? page_field(p, token_fields[i])
				    : STR(""));
	return page_ask(p, "portal_credential_put", args, ARGS);
}

bool
credential_set(struct page *p)
{
	const struct db_rows *rows;
	char id[GUID_LEN + 1];
	struct guid g;

	if (!sealed_tenant(p))
		return false;
	if (!(rows = put(p)))
		return (p->w->err.kind == ERR_MALFORMED ||
			   p->w->err.kind == ERR_PARAM ||
			   p->w->err.kind == ERR_CONFLICT) &&
		       page_again_over(p, view_stored, "tenant_credential");
	if (db_null(rows, 0, 0))
		return page_go(
		    p, "/tenants/%.*s?done=credential", STR_FMT(p->part[0]));
	g = db_guid(rows, 0, 0);
	return page_go(p, "/proposals/%s?done=proposed", guid_write(id, &g));
}
